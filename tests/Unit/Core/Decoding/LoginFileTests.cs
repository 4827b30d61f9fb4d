using System.IO.Compression;
using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

/// <summary>Files as Windows and people make them.</summary>
public sealed class LoginFileTests
{
    private const string Name = "logins.ndjson";
    private static readonly string Pretty = "[\r\n  " + string.Join(",\r\n  ", Enumerable.Range(0, 5).Select(i => User(i).Replace(",", ",\r\n    ", StringComparison.Ordinal))) + "\r\n]\r\n";

    public static TheoryData<string> Encodings => ["utf-16", "utf-16BE", "utf-32", "utf-32BE", "utf-8"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void File_with_a_byte_order_mark_has_the_identities_of_the_same_file_in_UTF8(string name)
    {
        var text = $"{User(0)}\r\n{User(1, "é😀")}\r\n\r\nx\r\n{User(0)}\r\n";
        var encoding = Encoding.GetEncoding(name);
        byte[] file = [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];
        Assert.Equal(Identities(Encoding.UTF8.GetBytes(text)), Identities(file));
        Assert.Equal("é😀", Assert.IsType<LoginMessage>(Read(file)[1]).DeviceType);
        Assert.Equal(Identities(file), Identities(file, bytesARead: 1));
    }

    [Fact]
    public void What_is_no_character_in_a_wide_file_rejects_its_own_line()
    {
        foreach (var (wide, half) in new[] { (Encoding.Unicode, new byte[] { 0x3D, 0xD8 }), (Encoding.UTF32, [0, 0, 0x11, 0]), (Encoding.UTF32, [0x3D, 0xD8, 0, 0]) })
        {
            byte[] file = [.. wide.GetPreamble(), .. wide.GetBytes(User(0) + "\n\""), .. half, .. wide.GetBytes("\"\n" + User(1) + "\n"), 0x7B];
            Assert.Equal([null, RejectReason.InvalidUtf8, null, RejectReason.InvalidUtf8], Read(file).Select(l => (l as RejectedLogin)?.GetRejection().Reason));
        }
    }

    [Fact]
    public void Gzip_file_is_read_as_what_is_in_it()
    {
        var text = Encoding.UTF8.GetBytes($"{User(0)}\n{User(1)}\n");
        Assert.Equal(Identities(text), Identities(Zip(text)));
        // Two files in one, as by cat.
        Assert.Equal(4, Read([.. Zip(text), .. Zip(text)]).Count);
        Assert.Equal(2, Read(Zip([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes($"{User(0)}\r\n{User(1)}\r\n")])).Count);
        Assert.Equal(5, Read(Zip(Encoding.UTF8.GetBytes(Pretty))).Count);
    }

    [Fact]
    public void Gzip_file_that_is_damaged_or_cut_off_is_refused_once_by_its_name()
    {
        var zip = Zip(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 5_000).Select(i => User(i)))));
        foreach (var file in new byte[][] { zip[..^200], [.. zip[..500], .. new byte[500], .. zip[1000..]], [0x1F, 0x8B], [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] })
        {
            var e = Assert.Throws<LoginEtlException>(() => Read(file));
            Assert.Equal("FileDamaged", e.Id);
            Assert.Contains(Name, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Carriage_returns_alone_end_lines()
    {
        var file = Encoding.UTF8.GetBytes($"{User(0)}\r{User(1)}\rx\r{User(0)}\r");
        Assert.Equal([1, 1, 1, 2], Read(file).Select(l => ((LineDelivery)l.GetDelivery()).Occurrence));
        Assert.Equal(Identities(Encoding.UTF8.GetBytes($"{User(0)}\n{User(1)}\nx\n{User(0)}\n")), Identities(file));
        Assert.Equal(Identities(file), Identities(file, bytesARead: 3));
    }

    [Fact]
    public void Carriage_returns_inside_of_a_body_end_nothing()
    {
        var one = User(0).Replace(",", ",\r", StringComparison.Ordinal);
        Assert.IsType<LoginMessage>(Assert.Single(Read(Encoding.UTF8.GetBytes(one))));
        Assert.Equal(2, Read(Encoding.UTF8.GetBytes($"{one}\n{one}\n")).OfType<LoginMessage>().Count());
    }

    [Theory]
    [InlineData("compact")]
    [InlineData("pretty")]
    [InlineData("marked")]
    [InlineData("returns")]
    [InlineData("objects")]
    public void Array_of_logins_and_objects_over_several_lines_are_read_as_logins(string how)
    {
        var text = how switch
        {
            "compact" => $"[{string.Join(',', Enumerable.Range(0, 5).Select(i => User(i)))}]",
            "marked" => "\uFEFF\n " + Pretty,
            "returns" => Pretty.Replace("\n", "", StringComparison.Ordinal),
            "objects" => string.Join('\n', Enumerable.Range(0, 5).Select(i => User(i).Replace("{", "{\n", StringComparison.Ordinal))),
            _ => Pretty,
        };
        foreach (var bytesARead in new[] { 1, 7, 100_000 })
        {
            var logins = Read(Encoding.UTF8.GetBytes(text), bytesARead);
            Assert.Equal(["u0", "u1", "u2", "u3", "u4"], logins.Select(l => Assert.IsType<LoginMessage>(l).UserId));
            Assert.Equal([1, 2, 3, 4, 5], logins.Select(l => ((LineDelivery)l.GetDelivery()).LineNumber));
        }
    }

    [Fact]
    public void One_bad_element_of_an_array_is_one_reject_and_the_others_are_read()
    {
        var logins = Read(Encoding.UTF8.GetBytes($"[{User(0)}, {{\"a\":\"]}},{{\\\"\"}}, 42, \"x,y\", null, [1,[2]], {User(1)} {User(2)}, {new string('9', 2_000_000)}, {User(3)}]"));
        Assert.Equal(
            [null, RejectReason.MissingField, RejectReason.NotAnObject, RejectReason.NotAnObject, RejectReason.NotAnObject, RejectReason.NotAnObject, RejectReason.TrailingData, RejectReason.BodyTooLarge, null],
            logins.Select(l => (l as RejectedLogin)?.GetRejection().Reason));
    }

    [Theory]
    [InlineData("[", 0)]
    [InlineData("[{}", 1)]
    [InlineData("[{},", 1)]
    [InlineData("[{},{\"a\":", 2)]
    [InlineData("[{},{\"a\":\"b]}", 2)]
    [InlineData("{\n\"a\":1\n", 1)]
    public void Array_that_has_no_end_is_told_once(string text, int bodies)
    {
        var read = new List<IncomingLogin>();
        var e = Assert.Throws<LoginEtlException>(() => read.AddRange(Each(new LoginText(), Encoding.UTF8.GetBytes(text))));
        Assert.Equal(("FileDamaged", bodies), (e.Id, Each(new LoginText(), Encoding.UTF8.GetBytes(text), orFault: true).Count()));
    }

    [Theory]
    [InlineData("[oops\n{}\n{}")]
    [InlineData("[1,2]\n{}\n{}")]
    [InlineData("{\"a\":\n{}\n{}")]
    public void Bad_first_line_takes_no_others_with_it(string text) => Assert.Equal(3, Read(Encoding.UTF8.GetBytes(text)).Count);

    [Fact]
    public void Whole_file_in_one_text_is_read_as_the_file_is()
    {
        foreach (var text in new[] { $"{User(0)}\r\nx\r\n{User(1)}\r\n", Pretty, $"{User(0)}\r{User(1)}", $"x\n{User(0)}" })
        {
            var file = Identities(Encoding.UTF8.GetBytes(text));
            Assert.True(file.Count > 1);
            var whole = new LoginText();
            Assert.Equal(file, Of(whole.Read(Name, 1, text).Concat(whole.Complete())));
        }
    }

    [Fact]
    public void One_object_over_several_lines_in_one_text_is_the_one_body_it_was()
    {
        var text = "\r\n" + User(0).Replace(",", ",\n", StringComparison.Ordinal) + "\n";
        var login = Assert.IsType<LoginMessage>(Assert.Single(new LoginText().Read(Name, 1, text)));
        Assert.Equal(Of([new LoginText().Decode(Name, 1, text)!]), Of([login]));
    }

    [Fact]
    public void Lines_of_a_pretty_array_are_put_together_again_for_each_source()
    {
        var text = new LoginText();
        var lines = Pretty.Split("\r\n").Select((line, i) => (Line: line, Number: i + 1L)).ToList();
        var logins = lines.SelectMany(l => text.Read("a", l.Number, l.Line).Concat(text.Read("b", l.Number, l.Line)).Concat(l.Number == 1 ? text.Read("c", 1, User(9)) : []))
            .Concat(text.Complete()).ToList();
        Assert.All(logins, l => Assert.IsType<LoginMessage>(l));
        Assert.Equal([5, 5, 1], new[] { "a", "b", "c" }.Select(s => logins.Count(l => ((LineDelivery)l.GetDelivery()).SourceId == s)));
        Assert.Empty(text.Read("a", 1, "["));
        Assert.Throws<LoginEtlException>(() => text.Complete().ToList());
    }

    [Fact]
    public void Lines_that_were_loaded_before_keep_their_identities()
    {
        using var identity = new LineIdentity(TestKeys.Parse(Vectors.KnownTokens["keysets"]!["hmac"]!));
        var bad = "{\"foo\":\"bar\"}";
        var file = Encoding.UTF8.GetBytes($"\uFEFF{Deliveries.Body}\r\n{bad}\n\n{Deliveries.Body}\n {Deliveries.Body} \n\uFEFF{Deliveries.Body}");
        Assert.Equal(
            [
                "ece61fce-5ed9-80e2-a809-fbb4cf1a6a4f", "fe6756dc-8d9a-8227-8feb-a9095d1422d3", "a72c52ae-df1a-80a2-bf45-8802bb26b13e",
                "6d6d6b91-d492-85b6-9765-09768a59005d", "44947505-ea56-8107-b704-79a67d2787bf",
            ],
            Read(file).Select(l => identity.Of((LineDelivery)l.GetDelivery(), l.Body).ToString()));
    }

    private static string User(int i, string device = "android") =>
        $$"""{"user_id":"u{{i}}","app_version":"1.0","device_type":"{{device}}","ip":"199.172.111.135","locale":"RU","device_id":"593-47-5928"}""";

    private static byte[] Zip(byte[] bytes)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return zipped.ToArray();
    }

    private static List<IncomingLogin> Read(byte[] file, int bytesARead = int.MaxValue) => [.. Each(new LoginText(), file, bytesARead)];

    private static IEnumerable<IncomingLogin> Each(LoginText text, byte[] file, int bytesARead = int.MaxValue, bool orFault = false)
    {
        using var stream = new Trickle(file, bytesARead);
        using var logins = text.Read(Name, stream).GetEnumerator();
        while (true)
        {
            try
            {
                if (!logins.MoveNext())
                {
                    yield break;
                }
            }
            catch (LoginEtlException) when (orFault)
            {
                yield break;
            }

            yield return logins.Current;
        }
    }

    // Source, body and occurrence are what an identity is made of.
    private static List<(string, int, string)> Identities(byte[] file, int bytesARead = int.MaxValue) => Of(Read(file, bytesARead));

    private static List<(string, int, string)> Of(IEnumerable<IncomingLogin> logins) =>
        [.. logins.Select(l => (((LineDelivery)l.GetDelivery()).SourceId, ((LineDelivery)l.GetDelivery()).Occurrence, Convert.ToHexString(l.Body!)))];
}
