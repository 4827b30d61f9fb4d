using System.Globalization;

namespace LoginEtl.Settings;

/// <summary>Durations as people write them: a number of seconds, <c>90s</c>, <c>5m</c>, <c>1.5h</c>, or <c>00:01:30</c>.</summary>
public static class DurationText
{
    /// <summary>What it takes, for the message about what it does not.</summary>
    public const string Expected = "a number of seconds, or a time such as 90s, 5m or 00:01:30";

    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>Reads one; it may be below zero.</summary>
    /// <param name="text">As written.</param>
    /// <param name="duration">What it says.</param>
    /// <returns>False where it is none, or longer than 10,675,199 days.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (unit, factor) = s_units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase), ("", 1));
        return double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? TryFromSeconds(number * factor, out duration)
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
    }

    /// <summary>The same for a number of seconds.</summary>
    /// <param name="seconds">How many.</param>
    /// <param name="duration">What it says.</param>
    /// <returns>False where it is no number, or longer than 10,675,199 days.</returns>
    public static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        var most = TimeSpan.MaxValue.TotalSeconds;
        // Written so that a NaN is none.
        var has = Math.Abs(seconds) < most;
        duration = has ? TimeSpan.FromSeconds(seconds) : default;
        return has;
    }
}
