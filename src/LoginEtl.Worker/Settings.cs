using System.Globalization;
using LoginEtl.Decoding;
using LoginEtl.Settings;

namespace LoginEtl.Worker;

/// <summary>The kinds of settings.</summary>
internal static class Settings
{
    public static Setting<string?> Text(string flag, string description, string? otherwise = null) =>
        new(flag, description, otherwise, text => text, "text");

    public static Setting<bool> Switch(string flag, string description) =>
        new(flag, description, false, text => text switch
        {
            "1" => true,
            "0" => false,
            _ => bool.Parse(text),
        }, "true or false");

    public static Setting<T> Number<T>(string flag, string description, T otherwise, T lowest, T highest)
        where T : struct, ISpanParsable<T>, IComparable<T> =>
        new(flag, description, otherwise, text =>
        {
            var value = T.Parse(text, CultureInfo.InvariantCulture);
            return value.CompareTo(lowest) >= 0 && value.CompareTo(highest) <= 0 ? value : throw new FormatException();
        }, $"a number from {lowest} to {highest}");

    /// <summary>A number that nothing stands in for when it is not given.</summary>
    public static Setting<int?> Count(string flag, string description, int lowest, int highest) =>
        new(flag, description, null, text =>
            int.Parse(text, CultureInfo.InvariantCulture) is var value && value >= lowest && value <= highest ? value : throw new FormatException(),
            $"a number from {lowest} to {highest}");

    /// <summary>A number of bytes, as PowerShell writes one: <c>512MB</c> is 512 times 1024 times 1024.</summary>
    public static Setting<long?> Bytes(string flag, string description) =>
        new(flag, description, null, text =>
        {
            var factor = 1L;
            foreach (var (unit, shift) in new[] { ("KB", 10), ("MB", 20), ("GB", 30) })
            {
                if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                {
                    (text, factor) = (text[..^unit.Length], 1L << shift);
                    break;
                }
            }

            var bytes = checked(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) * factor);
            return bytes > 0 ? bytes : throw new FormatException();
        }, "a number of bytes, such as 512MB");

    public static Setting<TimeSpan?> Duration(string flag, string description, TimeSpan? otherwise) =>
        new(flag, description, otherwise, text => DurationText.TryParse(text, out var time) && time >= TimeSpan.Zero ? time : throw new FormatException(), DurationText.Expected);

    public static Setting<double?> Ratio(string flag, string description) =>
        new(flag, description, null, text =>
        {
            var ratio = double.Parse(text, CultureInfo.InvariantCulture);
            return ratio is >= 0 and <= 1 ? ratio : throw new FormatException();
        }, "a number from 0 to 1");

    public static Setting<IdentityFrom> Identity(string flag, string description) =>
        new(flag, description, IdentityFrom.Envelope, text => IdentityFrom.TryParse(text, out var identity) ? identity : throw new FormatException(), IdentityFrom.Expected);

    public static Setting<T> OneOf<T>(string flag, string description, T otherwise)
        where T : struct, Enum =>
        new(flag, description, otherwise,
            // Numbers and lists would be taken too, and mean nothing to a reader.
            text => text.Length > 0 && text.All(char.IsAsciiLetter) ? Enum.Parse<T>(text, ignoreCase: true) : throw new FormatException(),
            $"one of {string.Join(", ", Enum.GetNames<T>())}");
}
