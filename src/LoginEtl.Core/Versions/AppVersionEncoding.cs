using System.Globalization;
using LoginEtl.Records;

namespace LoginEtl.Versions;

/// <summary>
/// Encodes versions for their column. A version that is not one, or a part out of its format's range, is a reject
/// with the field <c>app_version</c>; nothing is ever wrapped.
/// </summary>
public static class AppVersionEncoding
{
    /// <summary>What each part stays below in a sortable text.</summary>
    internal const int SortableLimit = 100_000;

    /// <summary>Encodes for an integer column.</summary>
    /// <param name="format">Packed, Decimal, Nibble or Digits.</param>
    /// <param name="text">As sent.</param>
    /// <param name="value">The encoded version, when the answer is null.</param>
    /// <returns>Null, or why the version cannot be encoded.</returns>
    public static Rejection? TryEncode(AppVersionFormat format, string text, out int value)
    {
        value = 0;
        if (AppVersion.TryParse(text, out var version) is { } reason)
        {
            return new Rejection(reason, LoginFields.AppVersion);
        }

        var encoded = format == AppVersionFormat.Digits ? Digits(text) : Weigh(version, VersionWeights.Of(format));
        if (encoded is not (>= 0 and <= int.MaxValue))
        {
            return new Rejection(RejectReason.VersionOutOfRange, LoginFields.AppVersion);
        }

        value = (int)encoded;
        return null;
    }

    /// <summary>Encodes for a text column.</summary>
    /// <param name="format">Text or Sortable.</param>
    /// <param name="text">As sent.</param>
    /// <param name="value">The encoded version, when the answer is null.</param>
    /// <returns>Null, or why the version cannot be encoded.</returns>
    public static Rejection? TryEncode(AppVersionFormat format, string text, out string value)
    {
        value = text;
        if (format == AppVersionFormat.Text)
        {
            return null;
        }

        if (format != AppVersionFormat.Sortable)
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format of text.");
        }

        var reason = AppVersion.TryParse(text, out var version);
        if (reason is null && Math.Max(version.Major, Math.Max(version.Minor, version.Patch)) >= SortableLimit)
        {
            reason = RejectReason.VersionOutOfRange;
        }

        if (reason is { } why)
        {
            return new Rejection(why, LoginFields.AppVersion);
        }

        value = string.Create(CultureInfo.InvariantCulture, $"{version.Major:D5}.{version.Minor:D5}.{version.Patch:D5}");
        return null;
    }

    private static long? Weigh(AppVersion v, VersionWeights weights) =>
        v.Minor < weights.Below && v.Patch < weights.Below ? (v.Major * weights.Major) + (v.Minor * weights.Minor) + v.Patch : null;

    private static long? Digits(string text)
    {
        var digits = text.Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        return digits.Length == 0 ? 0
            : digits.Length <= 10 ? long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture)
            : null;
    }
}
