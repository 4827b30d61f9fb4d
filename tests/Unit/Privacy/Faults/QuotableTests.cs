using LoginEtl.Faults;
using Xunit;

namespace LoginEtl.Unit.Privacy.Faults;

/// <summary>Which of the texts that people give may be said again.</summary>
public sealed class QuotableTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string> Secrets =>
    [
        "Host=h;Password=p", "host=h password=p", "Host=h,Password=p", "postgresql://u:p@h/d", "http://u:p@h/q", "https://h/q?token=p", "https://h/q#p",
        "{\"ip\":\"192.0.2.1\"}", "[1]", "p4ss!word", "pa$$word", "user:password", "a@b", "a;b", "a=b", "a\nb", "a'b", "a\"b", "\"a=b\"", "a\0b", "<a>", "a|b", "a&b", "a`b", "100%",
    ];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void What_may_be_anything_is_hidden(string text)
    {
        Assert.Equal("[hidden]", Quotable.Show(text));
        Assert.False(Quotable.IsName(text) || Quotable.IsHost(text) || Quotable.IsTable(text) || Quotable.IsUrl(text) || Quotable.IsPath(text));
        Assert.False(Quotable.IsPath(Path.Combine(_folder.FullName, text)));
        Assert.Equal("PathInvalid", Assert.Throws<LoginEtlException>(() => Quotable.RequirePath(text, "-Keyset")).Id);
    }

    [Theory]
    [InlineData("login-queue")]
    [InlineData("logins.fifo")]
    [InlineData("arn:aws:sqs:eu-central-1:123456789012:logins")]
    [InlineData("http://127.0.0.1:4566/000000000000/logins")]
    [InlineData("etl.user_logins")]
    [InlineData("\"Logins\"")]
    [InlineData("eu-central-1")]
    public void What_reads_as_a_name_is_shown(string text) => Assert.Equal(text, Quotable.Show(text));

    // An AWS secret access key has such signs.
    [Fact]
    public void What_reads_as_a_path_is_shown_where_it_leads_somewhere()
    {
        Assert.Equal(Quotable.Hidden, Quotable.Show("./my keys (2026)/x.json"));
        Assert.Equal(Quotable.Hidden, Quotable.Show("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
        Assert.Equal(Path.GetTempPath(), Quotable.Show(Path.GetTempPath()));
    }

    [Theory]
    [InlineData("db.example")]
    [InlineData("10.0.0.1")]
    [InlineData("::1")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("/run/postgresql")]
    [InlineData("@abstract")]
    [InlineData("bücher.example")]
    public void Host_is_one(string host) => Assert.True(Quotable.IsHost(host));

    [Fact]
    public void Identifier_that_is_too_long_is_no_table()
    {
        Assert.True(Quotable.IsTable(new string('a', 63)));
        Assert.False(Quotable.IsTable(new string('a', 64)));
        Assert.False(Quotable.IsTable(new string('é', 32)));
    }

    [Fact]
    public void What_is_there_is_a_path_whatever_it_is_called()
    {
        var odd = _folder.CreateSubdirectory("R&D; keys=1").FullName;
        Assert.True(Quotable.IsPath(odd));
        Assert.True(Quotable.IsPath(Path.Combine(odd, "new keys.json")));
        Assert.False(Quotable.IsPath(Path.Combine(odd, "p4ss!word")));
        Assert.Equal(odd, Quotable.RequirePath(odd, "-Keyset"));
        Assert.False(Quotable.IsPath(new string('/', 1 << 20)));
    }

    [Theory]
    [InlineData("logins-2026.ndjson", true)]
    [InlineData("s3://bucket/dt=2026-01-01/part-0.ndjson", true)]
    [InlineData("host=h password=p", false)]
    [InlineData("pwd: p", false)]
    [InlineData("Host=h;Password=p", false)]
    [InlineData("postgresql://u:p@h/d", false)]
    [InlineData("{\"ip\":1}", false)]
    public void Source_of_lines_may_be_a_key_of_an_object_store(string source, bool isOne) => Assert.Equal(isOne, Quotable.IsSource(source));

    [Fact]
    public void What_others_put_into_an_error_begins_no_line_and_moves_no_cursor()
    {
        const string Odd = "a\u001b[2J\u0007b\nlogin-etl: forged\u202ec\u2028d";
        const string Shown = "a\uFFFD[2J\uFFFDb\uFFFDlogin-etl: forged\uFFFDc\uFFFDd";
        var fault = new LoginEtlException(ErrorId.WriteFailed, Odd, Odd);
        var check = new LoginEtl.Checks.Check("Name", LoginEtl.Checks.CheckOutcome.Warn, Odd);
        var entry = new LoginEtl.Quarantine.QuarantineEntry(null, null) { Id = 1, MessageId = Odd, Reason = Odd, Field = Odd, CreatedAt = default, ReceiveCount = 1 };
        Assert.Equal((Shown, Shown, Shown), (fault.Message, fault.Remedy, check.Detail));
        Assert.Equal($"QuarantineEntry 1: {Shown}, {Shown} ({Shown})", entry.ToString());
        Assert.Equal("Ünï 😀 ok", Quotable.Plain("Ünï 😀 ok"));
    }
}
