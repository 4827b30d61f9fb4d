using LoginEtl.Records;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Versions;

public sealed class AppVersionEncodingTests
{
    [Theory]
    [InlineData(AppVersionFormat.Packed, "2.3.4", 2_003_004)]
    [InlineData(AppVersionFormat.Packed, "6.02", 6_002_000)]
    [InlineData(AppVersionFormat.Packed, "0", 0)]
    [InlineData(AppVersionFormat.Packed, "0.999.999", 999_999)]
    [InlineData(AppVersionFormat.Packed, "2146.999.999", 2_146_999_999)]
    [InlineData(AppVersionFormat.Packed, "2147.483.647", int.MaxValue)]
    [InlineData(AppVersionFormat.Decimal, "2.3.4", 20304)]
    [InlineData(AppVersionFormat.Decimal, "6.02", 60200)]
    [InlineData(AppVersionFormat.Decimal, "0.99.99", 9999)]
    [InlineData(AppVersionFormat.Decimal, "214748.36.47", int.MaxValue)]
    [InlineData(AppVersionFormat.Nibble, "2.3.4", 0x234)]
    [InlineData(AppVersionFormat.Nibble, "1.15.15", 0x1FF)]
    [InlineData(AppVersionFormat.Nibble, "8388607.15.15", int.MaxValue)]
    [InlineData(AppVersionFormat.Digits, "2.3.0", 230)]
    [InlineData(AppVersionFormat.Digits, "2.30", 230)]
    [InlineData(AppVersionFormat.Digits, "6.02", 602)]
    [InlineData(AppVersionFormat.Digits, "0.0.0", 0)]
    [InlineData(AppVersionFormat.Digits, "2.147.483647", int.MaxValue)]
    public void Integers_hold_the_version(AppVersionFormat format, string text, int expected)
    {
        Assert.Null(AppVersionEncoding.TryEncode(format, text, out int value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(AppVersionFormat.Packed, "1.1000.0")]
    [InlineData(AppVersionFormat.Packed, "1.0.1000")]
    [InlineData(AppVersionFormat.Packed, "2147.483.648")]
    [InlineData(AppVersionFormat.Packed, "2148")]
    [InlineData(AppVersionFormat.Packed, "99999.1")]
    [InlineData(AppVersionFormat.Packed, "999999999.999.999")]
    [InlineData(AppVersionFormat.Decimal, "1.100")]
    [InlineData(AppVersionFormat.Decimal, "1.0.100")]
    [InlineData(AppVersionFormat.Decimal, "214748.36.48")]
    [InlineData(AppVersionFormat.Nibble, "1.16")]
    [InlineData(AppVersionFormat.Nibble, "1.0.16")]
    [InlineData(AppVersionFormat.Nibble, "8388608")]
    [InlineData(AppVersionFormat.Digits, "2.147.483648")]
    [InlineData(AppVersionFormat.Digits, "99999.99999.9")]
    [InlineData(AppVersionFormat.Digits, "999999999.999999999.999999999")]
    [InlineData(AppVersionFormat.Packed, "12345678901")]
    public void What_does_not_fit_is_refused_and_never_wrapped(AppVersionFormat format, string text)
    {
        Assert.Equal(
            new Rejection(RejectReason.VersionOutOfRange, "app_version"), AppVersionEncoding.TryEncode(format, text, out int value));
        Assert.Equal(0, value);
    }

    [Theory]
    [InlineData(AppVersionFormat.Packed)]
    [InlineData(AppVersionFormat.Decimal)]
    [InlineData(AppVersionFormat.Nibble)]
    [InlineData(AppVersionFormat.Digits)]
    [InlineData(AppVersionFormat.Sortable)]
    public void What_is_no_version_is_refused_by_every_format_but_text(AppVersionFormat format)
    {
        foreach (var text in new[] { "a.b", "1.2.3.4", "", "1..2", "\u0661" })
        {
            var rejection = format == AppVersionFormat.Sortable
                ? AppVersionEncoding.TryEncode(format, text, out string _)
                : AppVersionEncoding.TryEncode(format, text, out int _);
            Assert.Equal(new Rejection(RejectReason.InvalidVersion, "app_version"), rejection);
        }
    }

    [Theory]
    [InlineData("2.3.4")]
    [InlineData("a.b")]
    [InlineData("")]
    [InlineData(" 1 beta 😀")]
    public void Text_is_kept_as_sent(string text)
    {
        Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Text, text, out string value));
        Assert.Equal(text, value);
    }

    [Fact]
    public void Sortable_text_sorts_as_versions_do()
    {
        string[] ascending = ["0", "0.0.1", "0.1", "1", "1.9", "1.10", "2.3.0", "2.3.1", "2.20", "10", "99999.99999.99999"];
        var encoded = ascending.Select(text =>
        {
            Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Sortable, text, out string value));
            return value;
        }).ToList();

        Assert.Equal("00002.00003.00000", encoded[6]);
        Assert.Equal(encoded.Order(StringComparer.Ordinal), encoded);
        Assert.All(encoded, text => Assert.Equal(17, text.Length));
    }

    [Theory]
    [InlineData("100000")]
    [InlineData("1.100000")]
    [InlineData("1.1.100000")]
    public void Sortable_text_takes_five_digits(string text) =>
        Assert.Equal(
            new Rejection(RejectReason.VersionOutOfRange, "app_version"),
            AppVersionEncoding.TryEncode(AppVersionFormat.Sortable, text, out string _));

    [Fact]
    public void Packed_keeps_the_order_of_versions_without_collisions()
    {
        var random = new Random(1);
        var versions = Enumerable.Range(0, 2_000)
            .Select(_ => new AppVersion(random.Next(2147), random.Next(1000), random.Next(1000)))
            .Distinct().OrderBy(v => v.Major).ThenBy(v => v.Minor).ThenBy(v => v.Patch)
            .Select(v =>
            {
                Assert.Null(AppVersionEncoding.TryEncode(AppVersionFormat.Packed, $"{v.Major}.{v.Minor}.{v.Patch}", out int value));
                return value;
            }).ToList();
        Assert.Equal(versions.Order().Distinct(), versions);
    }

    [Fact]
    public void Format_of_the_other_kind_is_a_mistake_of_the_caller()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AppVersionEncoding.TryEncode(AppVersionFormat.Auto, "1", out int _));
        Assert.Throws<ArgumentOutOfRangeException>(() => AppVersionEncoding.TryEncode(AppVersionFormat.Text, "1", out int _));
        Assert.Throws<ArgumentOutOfRangeException>(() => AppVersionEncoding.TryEncode(AppVersionFormat.Packed, "1", out string _));
    }
}
