using System.Globalization;

namespace LoginEtl.Versions;

/// <summary>
/// The versions that a column takes as regular expressions, all of which must match. They have only what JSON Schema
/// recommends (core 2020-12, section 6.4), so that every validator reads them alike.
/// </summary>
internal static class VersionPattern
{
    /// <summary>Empty where any text is taken.</summary>
    public static IReadOnlyList<string> Of(VersionLimits limits) => limits.Format switch
    {
        AppVersionFormat.Text => [],
        AppVersionFormat.Sortable => [Parts(AppVersionEncoding.SortableLimit - 1, AppVersionEncoding.SortableLimit - 1, AppVersionEncoding.SortableLimit - 1)],
        AppVersionFormat.Auto => [Parts(limits.Largest[0], limits.Largest[1], limits.Largest[2])],
        // What is read as parts, and the number that is left without dots.
        AppVersionFormat.Digits => [Parts(AppVersion.LargestPart, AppVersion.LargestPart, AppVersion.LargestPart), Whole(UpTo(limits.Largest[0], "[.]?"))],
        _ => [Weighed(VersionWeights.Of(limits.Format), limits.Largest[0])],
    };

    private static string Parts(long major, long minor, long patch) =>
        Whole($"{UpTo(Math.Min(major, AppVersion.LargestPart))}{Next($"{UpTo(Math.Min(minor, AppVersion.LargestPart))}{Next(UpTo(Math.Min(patch, AppVersion.LargestPart)))}")}");

    // Below the largest major version the others are free; at it the minor is bounded, and at the largest of these the patch.
    private static string Weighed(VersionWeights weights, long largest)
    {
        var (major, rest) = Math.DivRem(largest, weights.Major);
        var (minor, patch) = Math.DivRem(rest, weights.Minor);
        var any = UpTo(weights.Below - 1);
        return minor == weights.Below - 1 && patch == weights.Below - 1
            ? Whole($"{UpTo(major)}{Next($"{any}{Next(any)}")}")
            : Whole($"({UpTo(major - 1)}{Next($"{any}{Next(any)}")}|0*{major}{Next($"({UpTo(minor - 1)}{Next(any)}|0*{minor}{Next(UpTo(patch))})")})");
    }

    private static string Whole(string expression) => $"^{expression}$";

    private static string Next(string part) => $"([.]{part})?";

    // A number of this size at most, with leading zeros; behind each digit something may stand.
    private static string UpTo(long largest, string behind = "")
    {
        var digits = largest.ToString(CultureInfo.InvariantCulture);
        var zeros = behind.Length == 0 ? "0*" : $"(0{behind})*";
        if (!digits.AsSpan().ContainsAnyExcept('9'))
        {
            return zeros + Any($"1,{digits.Length}", behind);
        }

        // Shorter ones; then those that are less at one place and the same before it; then the number itself.
        var forms = digits.Length > 1 ? new List<string> { Any(digits.Length == 2 ? "1" : $"1,{digits.Length - 1}", behind) } : [];
        for (var place = 0; place < digits.Length; place++)
        {
            var left = digits.Length - place - 1;
            if (digits[place] > '0')
            {
                forms.Add($"{Spelt(digits[..place], behind)}{(digits[place] == '1' ? "0" : $"[0-{(char)(digits[place] - 1)}]")}{behind}{(left == 0 ? "" : Any($"{left}", behind))}");
            }
        }

        return $"{zeros}({string.Join('|', [.. forms, Spelt(digits, behind)])})";
    }

    private static string Spelt(string digits, string behind) => string.Concat(digits.Select(d => d + behind));

    private static string Any(string times, string behind) =>
        (behind.Length == 0 ? "[0-9]" : $"([0-9]{behind})") + (times == "1" || times == "1,1" ? "" : $"{{{times}}}");
}
