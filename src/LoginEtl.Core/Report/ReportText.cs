using System.Globalization;
using System.Text;
using LoginEtl.Faults;

namespace LoginEtl.Report;

/// <summary>Numbers, times and texts as the pages write them.</summary>
internal static class ReportText
{
    // A page is no place for a stranger's book.
    private const int LongestText = 600;

    /// <summary>812, 1,240, 1,000,000.</summary>
    public static string Of(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>812, 1,240, 3.5, 0.13.</summary>
    public static string Of(double number) => number.ToString(number is 0 or >= 100 ? "N0" : number >= 1 ? "#,0.#" : "0.##", CultureInfo.InvariantCulture);

    /// <summary>1 message, 2 messages.</summary>
    public static string Of(long count, string one, string several) => $"{Of(count)} {(count == 1 ? one : several)}";

    /// <summary>35 ms, 2.4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h.</summary>
    public static string Seconds(double seconds)
    {
        var whole = (long)Math.Round(seconds);
        return seconds == 0 ? "0 s"
            : seconds < 1 ? $"{Of(Math.Max(1, (long)Math.Round(seconds * 1000)))} ms"
            : whole < 60 ? $"{Of(seconds)} s"
            : whole < 3600 ? Two(whole, 60, "min", "s")
            : whole < 86400 ? Two(whole / 60, 60, "h", "min")
            : Two(whole / 3600, 24, "d", "h");
    }

    /// <summary>38 %, 0.4 %, less than 0.1 %.</summary>
    public static string Share(long count, long of)
    {
        var percent = of == 0 ? 0 : 100.0 * count / of;
        return percent is > 0 and < 0.1 ? "< 0.1 %"
            : string.Create(CultureInfo.InvariantCulture, $"{(percent < 10 || (percent > 99 && percent < 100) ? Math.Floor(percent * 10) / 10 : Math.Round(percent)):0.#} %");
    }

    /// <summary>2026-11-30 17:08:02 UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>2026-11-30 17:08, where a head says that it is UTC.</summary>
    public static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A word of an enumeration: lapsed, held groups.</summary>
    public static string Words(string snakeCase) => snakeCase.Replace('_', ' ');

    /// <summary>A text that somebody else may have had a hand in: what acts on a line of writing, or is no character, is seen as such.</summary>
    public static string Plain(string text)
    {
        // Half a pair, also of what is cut here, becomes a mark by the reading of runes.
        var cut = text.Length > LongestText ? $"{text.AsSpan(0, LongestText)}…" : text;
        return string.Concat(Quotable.Plain(cut).EnumerateRunes().Select(r => IsCharacter(r) ? r : Rune.ReplacementChar));
    }

    private static bool IsCharacter(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned);

    private static string Two(long count, long each, string larger, string smaller) =>
        count % each == 0 ? $"{Of(count / each)} {larger}" : $"{Of(count / each)} {larger} {Of(count % each)} {smaller}";
}
