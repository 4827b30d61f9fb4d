using LoginEtl.Faults;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Core.Settings;

/// <summary>What is kept for how long, as people write it.</summary>
public sealed class RetentionTests
{
    [Theory]
    [InlineData("90d", 90)]
    [InlineData("90D", 90)]
    [InlineData(" 90 ", 90)]
    [InlineData("1", 1)]
    [InlineData("36500d", 36500)]
    [InlineData("90.00:00:00", 90)]
    public void Whole_days_are_read(string text, int days) => Assert.Equal(new Retention { Vault = days }, From(("vAULT", text)));

    [Fact]
    public void What_is_left_out_is_kept_and_nothing_is_none()
    {
        Assert.Equal(Retention.None, From());
        Assert.Equal("none", $"{Retention.None}");
        Assert.Equal("rows 400 days, vault 1 day", $"{From(("Vault", "1d"), ("Rows", "400d"))}");
        Assert.Equal("quarantine 30 days", $"{From(("quarantine", "30d"))}");
    }

    [Theory]
    [InlineData("Rows", "0d")]
    [InlineData("Rows", "36501d")]
    [InlineData("Rows", "-1d")]
    [InlineData("Rows", "+1d")]
    [InlineData("Rows", "1.5d")]
    [InlineData("Rows", "12h")]
    [InlineData("Rows", "1e3d")]
    [InlineData("Rows", "1.12:00:00")]
    [InlineData("Rows", "99999999999999999999d")]
    [InlineData("Rows", "pw-4711")]
    [InlineData("Rows", "")]
    [InlineData("Rows", null)]
    [InlineData("pw-4711", "30d")]
    [InlineData("", "30d")]
    public void What_is_none_is_refused_and_not_quoted(string kind, string? text)
    {
        var refused = Assert.Throws<LoginEtlException>(() => From((kind, text)));
        Assert.Equal(ErrorId.SettingInvalid, refused.Error);
        Assert.Contains(kind == "Rows" ? "that of Rows is no number of whole days from 1 to 36500" : "none of Rows, Quarantine and Vault", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", $"{refused.Message} {refused.Remedy}", StringComparison.Ordinal);
    }

    private static Retention From(params (string Kind, string? Text)[] given) => Retention.From(given.Select(g => KeyValuePair.Create(g.Kind, g.Text)));
}
