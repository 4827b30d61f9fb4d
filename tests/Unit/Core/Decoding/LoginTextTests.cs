using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Core.Decoding;

public sealed class LoginTextTests
{
    [Theory]
    [InlineData("a\nb\n", "a|b")]
    [InlineData("a\nb", "a|b")]
    [InlineData("a\r\nb\r\n", "a|b")]
    [InlineData("\uFEFFa\n\uFEFFb", "a|\uFEFFb")]
    [InlineData("\uFEFF", "")]
    [InlineData("a\r\r\nb\rc", "a\r|b\rc")]
    [InlineData("a\n\n \t\n\r\nb", "a||  ||b")]
    [InlineData("", null)]
    public void Lines_are_bytes_without_their_ends(string text, string? expected)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var lines = new Utf8Lines(stream).Select(Encoding.UTF8.GetString).ToList();
        Assert.Equal(expected?.Split('|').Select(l => l == "  " ? " \t" : l) ?? [], lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void However_a_stream_is_cut_into_reads_its_lines_are_the_same(int bytesARead)
    {
        var text = string.Join("\r\n", Enumerable.Range(0, 300).Select(i => new string('x', i)));
        using var stream = new Trickle(Encoding.UTF8.GetBytes(text), bytesARead);
        Assert.Equal(text.Split("\r\n"), new Utf8Lines(stream).Select(Encoding.UTF8.GetString));
    }

    [Theory]
    [InlineData("", "\n")]
    [InlineData("", "\r\n")]
    [InlineData("", "")]
    [InlineData("\uFEFF", "\n")]
    [InlineData("\uFEFF", "\r\n")]
    public void Line_of_a_mebibyte_decodes_and_a_longer_one_is_too_large(string start, string end)
    {
        foreach (var more in new[] { 0, 1, 2, 5, 1_000_000 })
        {
            var body = Deliveries.With($"\"x\":\"{new string('a', LoginDecoder.MaxBodyBytes - Deliveries.Body.Length - 7 + more)}\"");
            var login = Assert.Single(Read(start + body + end));
            Assert.Equal(more == 0 ? null : RejectReason.BodyTooLarge, (login as RejectedLogin)?.GetRejection().Reason);
        }
    }

    [Fact]
    public void Line_is_named_by_its_place_and_blank_ones_are_counted_only()
    {
        var logins = Read($"{Deliveries.Body}\n\n{Deliveries.Body}\nx\n{Deliveries.Body}");
        Assert.Equal(["file:1", "file:3", "file:4", "file:5"], logins.Select(l => l.MessageId));
        Assert.Equal([1, 2, 1, 3], logins.Select(l => ((LineDelivery)l.GetDelivery()).Occurrence));
        Assert.IsType<RejectedLogin>(logins[2]);
    }

    [Fact]
    public void Equal_bodies_are_counted_in_each_source_by_itself()
    {
        var text = new LoginText();
        int Occurrence(string source) => ((LineDelivery)text.Decode(source, 1, Deliveries.Body)!.GetDelivery()).Occurrence;
        Assert.Equal([1, 2, 1, 3], new[] { "a", "a", "b", "a" }.Select(Occurrence));
    }

    [Fact]
    public void Text_and_bytes_of_a_line_are_one_body()
    {
        var text = new LoginText();
        text.Decode("a", 1, "é😀");
        Assert.Equal(2, ((LineDelivery)text.Decode("a", 2, Encoding.UTF8.GetBytes("é😀"))!.GetDelivery()).Occurrence);
    }

    [Fact]
    public void Text_with_half_of_a_surrogate_pair_is_invalid_and_halves_are_told_apart()
    {
        var text = new LoginText();
        var logins = new[] { "\uD83D", "\uDE00", "\uD83D", "a\uD83D😀" }.Select(t => text.Decode("a", 1, t)!).ToList();
        Assert.All(logins, l => Assert.Equal(RejectReason.InvalidUtf8, Assert.IsType<RejectedLogin>(l).GetRejection().Reason));
        Assert.Equal([1, 1, 2, 1], logins.Select(l => ((LineDelivery)l.GetDelivery()).Occurrence));
        Assert.Equal("61EDA0BDF09F9880", Convert.ToHexString(Wtf8.GetBytes("a\uD83D😀")));
    }

    private static List<IncomingLogin> Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return [.. new LoginText().Read("file", stream)];
    }
}
