using System.Globalization;
using System.Numerics;
using System.Text;
using LoginEtl.Records;
using LoginEtl.Versions;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Every encoding of a version is the number that arithmetic without limits gives, or out of range; none is wrapped.</summary>
internal sealed class VersionTarget : FuzzTarget
{
    public override string Name => "versions";

    public override int Share => 20;

    public override (long Own, long PerByte) Allocation => (64 * 1024, 128);

    public override IReadOnlyList<byte[]> Pieces { get; } =
        [.. FuzzPieces.Numbers, .. FuzzPieces.Utf8, .. FuzzPieces.Texts(".", "..", "0", "000000000000", "1.2.3", "v", "-", "+", " ", ",", "\u0661", "\uFF11")];

    public override IReadOnlyList<string> MustReach { get; } = ["version", "invalid", "out of range", "too large"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var parts = text.Split('.');
        var valid = parts.Length <= 3 && parts.All(p => p.Length > 0 && p.All(char.IsAsciiDigit));
        var reason = AppVersion.TryParse(text, out var version);
        Finding.Unless(reason == RejectReason.InvalidVersion == !valid, "what is a version is none, or the other way round");
        if (!valid)
        {
            return "invalid";
        }

        // A thousand digits say no more than twenty.
        var numbers = parts.Select(p => p.TrimStart('0')).Select(p => p.Length == 0 ? 0 : BigInteger.Parse(p.Length > 20 ? p[..20] : p, CultureInfo.InvariantCulture))
            .Concat([0, 0]).Take(3).ToArray();
        var fits = numbers.All(n => n < 1_000_000_000);
        Finding.Unless(reason is null == fits, "out of range, or not");
        Finding.Unless(!fits || numbers.SequenceEqual([version.Major, version.Minor, version.Patch]), "another version is read");
        var packed = Check(AppVersionFormat.Packed, text, numbers, fits, 1_000_000, 1_000, 1_000);
        Check(AppVersionFormat.Decimal, text, numbers, fits, 10_000, 100, 100);
        Check(AppVersionFormat.Nibble, text, numbers, fits, 256, 16, 16);
        CheckDigits(text, fits);
        CheckSortable(text, numbers);
        return !fits ? "too large" : packed ? "version" : "out of range";
    }

    private static bool Check(AppVersionFormat format, string text, BigInteger[] parts, bool fits, int major, int minor, int below)
    {
        var value = (parts[0] * major) + (parts[1] * minor) + parts[2];
        var expected = fits && parts[1] < below && parts[2] < below && value <= int.MaxValue;
        var rejection = AppVersionEncoding.TryEncode(format, text, out int encoded);
        Finding.Unless(rejection is null == expected, $"{format} takes what it cannot hold, or not what it can");
        Finding.Unless(!expected || encoded == value, $"{format} is another number");
        Finding.Unless(expected || rejection is { Reason: RejectReason.VersionOutOfRange, Field: LoginFields.AppVersion }, $"{format} gives no reason");
        return expected;
    }

    private static void CheckDigits(string text, bool fits)
    {
        var digits = text.Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        var expected = fits && digits.Length <= 10 && (digits.Length == 0 || long.Parse(digits, CultureInfo.InvariantCulture) <= int.MaxValue);
        var rejection = AppVersionEncoding.TryEncode(AppVersionFormat.Digits, text, out int encoded);
        Finding.Unless(rejection is null == expected, "Digits takes what it cannot hold, or not what it can");
        Finding.Unless(!expected || encoded == (digits.Length == 0 ? 0 : int.Parse(digits, CultureInfo.InvariantCulture)), "Digits is another number");
    }

    private static void CheckSortable(string text, BigInteger[] parts)
    {
        var rejection = AppVersionEncoding.TryEncode(AppVersionFormat.Sortable, text, out string encoded);
        Finding.Unless(rejection is null == parts.All(p => p < 100_000), "Sortable takes what it cannot hold, or not what it can");
        Finding.Unless(rejection is not null || encoded == string.Join('.', parts.Select(p => p.ToString("D5", CultureInfo.InvariantCulture))), "Sortable is another text");
        Finding.Unless(AppVersionEncoding.TryEncode(AppVersionFormat.Text, text, out string same) is null && same == text, "Text is another text");
    }
}
