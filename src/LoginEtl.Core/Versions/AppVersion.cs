using System.Globalization;
using LoginEtl.Records;

namespace LoginEtl.Versions;

/// <summary>A version of one to three numeric parts; a missing part counts as 0.</summary>
/// <param name="Major">First part.</param>
/// <param name="Minor">Second part.</param>
/// <param name="Patch">Third part.</param>
public readonly record struct AppVersion(int Major, int Minor, int Patch)
{
    /// <summary>The largest part: nine digits fit int32 always, and no format takes a larger one.</summary>
    internal const int LargestPart = 999_999_999;

    private const int MostParts = 3;

    private const int MostDigits = 9;

    /// <summary>
    /// Reads one to three parts of ASCII digits separated by dots; leading zeros are allowed (6.02 is 6.2).
    /// Null when it was read; otherwise why it was not.
    /// </summary>
    public static RejectReason? TryParse(ReadOnlySpan<char> text, out AppVersion version)
    {
        version = default;
        Span<int> parts = stackalloc int[MostParts];
        var count = 0;
        var fits = true;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (count == MostParts || part.IsEmpty || part.ContainsAnyExceptInRange('0', '9'))
            {
                return RejectReason.InvalidVersion;
            }

            var digits = part.TrimStart('0');
            fits &= digits.Length <= MostDigits;
            parts[count++] = digits.IsEmpty || !fits ? 0 : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        // Said last: what is no version at all is not out of range.
        if (!fits)
        {
            return RejectReason.VersionOutOfRange;
        }

        version = new AppVersion(parts[0], parts[1], parts[2]);
        return null;
    }
}
