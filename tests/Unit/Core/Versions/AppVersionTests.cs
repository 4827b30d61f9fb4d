using LoginEtl.Records;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Versions;

public sealed class AppVersionTests
{
    [Theory]
    [InlineData("2", 2, 0, 0)]
    [InlineData("2.3", 2, 3, 0)]
    [InlineData("2.3.0", 2, 3, 0)]
    [InlineData("2.00", 2, 0, 0)]
    [InlineData("6.02", 6, 2, 0)]
    [InlineData("007.08.09", 7, 8, 9)]
    [InlineData("0.0.0", 0, 0, 0)]
    [InlineData("999999999.999999999.999999999", 999999999, 999999999, 999999999)]
    [InlineData("0000000000000000000000001", 1, 0, 0)]
    public void One_to_three_numbers_are_a_version(string text, int major, int minor, int patch)
    {
        Assert.Null(AppVersion.TryParse(text, out var version));
        Assert.Equal(new AppVersion(major, minor, patch), version);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1..2")]
    [InlineData("1.2.3.")]
    [InlineData("1.2.3.4")]
    [InlineData("a.b")]
    [InlineData("1.2b")]
    [InlineData("v1")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1. 2")]
    [InlineData("1,2")]
    [InlineData("1e3")]
    [InlineData("0x1")]
    [InlineData("1\n")]
    [InlineData("\u0661.\u0662")]
    [InlineData("\uFF11")]
    [InlineData("\u00B2")]
    [InlineData("9999999999.a")]
    [InlineData("9999999999.1.2.3")]
    [InlineData("9999999999.")]
    public void Anything_else_is_not(string text)
    {
        Assert.Equal(RejectReason.InvalidVersion, AppVersion.TryParse(text, out var version));
        Assert.Equal(default, version);
    }

    [Theory]
    [InlineData("1000000000")]
    [InlineData("1.9999999999")]
    [InlineData("1.2.99999999999999999999999999999")]
    public void Parts_of_more_than_nine_digits_are_out_of_range(string text) =>
        Assert.Equal(RejectReason.VersionOutOfRange, AppVersion.TryParse(text, out _));
}
