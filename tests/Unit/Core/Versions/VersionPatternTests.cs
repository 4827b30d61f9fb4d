using System.Globalization;
using System.Text.RegularExpressions;
using LoginEtl.Unit.Fuzzing;
using LoginEtl.Versions;
using Xunit;

namespace LoginEtl.Unit.Core.Versions;

/// <summary>The expressions of a format match the versions that it encodes, and no others.</summary>
public sealed class VersionPatternTests
{
    private const int Drawn = 60_000;

    private static readonly long[] Limits =
    [
        0, 3, 15, 16, 27, 36, 47, 67, 99, 100, 127, 128, 214, 255, 327, 328, 483, 647, 999, 1_000, 2_147, 2_767, 3_276, 3_647, 32_767, 83_647, 99_999, 214_748, 483_647, 2_147_483, 8_388_607, 21_474_836, 99_999_999,
        214_748_364, 999_999_999, 1_000_000_000, 2_147_483_647, 4_294_967_296, 21_474_836_479,
    ];

    [Theory]
    [InlineData(AppVersionFormat.Packed, int.MaxValue, 2147, 483, 647)]
    [InlineData(AppVersionFormat.Packed, long.MaxValue, 2147, 483, 647)]
    [InlineData(AppVersionFormat.Decimal, int.MaxValue, 214_748, 36, 47)]
    [InlineData(AppVersionFormat.Decimal, short.MaxValue, 3, 27, 67)]
    [InlineData(AppVersionFormat.Nibble, int.MaxValue, 8_388_607, 15, 15)]
    [InlineData(AppVersionFormat.Nibble, short.MaxValue, 127, 15, 15)]
    public void Weighed_integer(AppVersionFormat format, long largest, int major, int minor, int patch)
    {
        Assert.True(Takes(format, largest, $"{major}.{minor}.{patch}"));
        Agree(VersionLimits.OfInteger(format, largest), text => Takes(format, largest, text), Around(major).SelectMany(a => Around(minor).SelectMany(b => Around(patch).Select(c => $"{a}.{b}.{c}"))));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(short.MaxValue)]
    public void Digits_without_their_dots(long largest) => Agree(
        VersionLimits.OfInteger(AppVersionFormat.Digits, largest), text => Takes(AppVersionFormat.Digits, largest, text),
        Around(largest).Concat(Around(largest / 10)).SelectMany(n => Dotted($"{n}").Concat(Dotted($"00{n}"))));

    [Fact]
    public void Sortable_text() => Agree(VersionLimits.OfText(AppVersionFormat.Sortable, null), text => AppVersionEncoding.TryEncode(AppVersionFormat.Sortable, text, out string _) is null, []);

    [Theory]
    [InlineData(int.MaxValue, short.MaxValue, long.MaxValue)]
    [InlineData(short.MaxValue, int.MaxValue, short.MaxValue)]
    public void Three_columns(long major, long minor, long patch) => Agree(
        VersionLimits.OfThree(major, minor, patch),
        text => AppVersion.TryParse(text, out var parts) is null && parts.Major <= major && parts.Minor <= minor && parts.Patch <= patch, []);

    [Fact]
    public void Text_is_taken_whatever_it_is() => Assert.Empty(VersionPattern.Of(VersionLimits.OfText(AppVersionFormat.Auto, 5)));

    private static bool Takes(AppVersionFormat format, long largest, string text) => AppVersionEncoding.TryEncode(format, text, out int value) is null && value <= largest;

    private static IEnumerable<long> Around(long number) => Enumerable.Range(-2, 5).Select(by => number + by).Where(n => n >= 0);

    // With up to three dots, which is one too many, at all places.
    private static IEnumerable<string> Dotted(string digits) =>
        from first in Enumerable.Range(0, digits.Length + 1)
        from second in Enumerable.Range(first, digits.Length + 1 - first)
        from third in Enumerable.Range(second, digits.Length + 1 - second)
        from dots in Enumerable.Range(0, 4)
        select new[] { third, second, first }.Take(dots).Aggregate(digits, (text, at) => text.Insert(at, "."));

    // At each limit and beside it, in each place; then with zeros before, and cut anywhere.
    private static void Agree(VersionLimits limits, Func<string, bool> takes, IEnumerable<string> edges)
    {
        var patterns = VersionPattern.Of(limits).Select(p => new Regex(p, RegexOptions.ECMAScript | RegexOptions.Compiled)).ToList();
        var (taken, refused) = (0, 0);
        foreach (var text in Texts().Concat(edges))
        {
            var expected = takes(text);
            Assert.True(patterns.All(p => p.IsMatch(text)) == expected, $"{text} is {(expected ? "taken" : "refused")}");
            _ = expected ? taken++ : refused++;
        }

        Assert.True(taken > 500 && refused > 500, $"{taken} taken, {refused} refused");
    }

    private static IEnumerable<string> Texts()
    {
        long[] near = [.. Limits.SelectMany(l => new[] { l - 1, l, l + 1 }).Where(l => l >= 0).Distinct()];
        foreach (var one in near)
        {
            yield return $"{one}";
            foreach (var other in near)
            {
                yield return $"{one}.{other}";
            }
        }

        for (var i = 0; i < Drawn; i++)
        {
            var random = SplitMix.Of("versions", 1, i);
            var parts = new string[3];
            for (var place = 0; place < parts.Length; place++)
            {
                parts[place] = (random.OneIn(6) ? new string('0', random.Below(12)) : "") + near[random.Below(near.Length)].ToString(CultureInfo.InvariantCulture);
            }

            var text = string.Join('.', parts);
            yield return random.OneIn(4) ? text[random.Below(text.Length)..] : random.OneIn(4) ? text.Remove(random.Below(text.Length), 1) : text;
        }
    }
}
