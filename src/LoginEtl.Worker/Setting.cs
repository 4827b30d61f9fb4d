using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace LoginEtl.Worker;

/// <summary>One setting: a flag, and the environment variable that stands in for it (<c>--batch-size</c>, <c>LOGINETL_BATCH_SIZE</c>).</summary>
internal static class Setting
{
    private const string VariablePrefix = "LOGINETL_";

    public static string VariableOf(string flag) =>
        VariablePrefix + flag.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    public static Option<string?> Text(string flag, string description, string? otherwise = null) =>
        Create(flag, description, otherwise, text => text);

    public static Option<bool> Switch(string flag, string description) =>
        Create(flag, description, false, text => text switch
        {
            "1" => true,
            "0" => false,
            _ => bool.Parse(text),
        });

    public static Option<T> Number<T>(string flag, string description, T otherwise, T lowest, T highest)
        where T : struct, ISpanParsable<T>, IComparable<T> =>
        Create(flag, description, otherwise, text =>
        {
            var value = T.Parse(text, CultureInfo.InvariantCulture);
            return value.CompareTo(lowest) >= 0 && value.CompareTo(highest) <= 0 ? value : throw new FormatException();
        }, $"a number from {lowest} to {highest}");

    public static Option<TimeSpan?> Seconds(string flag, string description, TimeSpan? otherwise) =>
        Create<TimeSpan?>(flag, description, otherwise, text =>
        {
            var seconds = double.Parse(text, CultureInfo.InvariantCulture);
            return seconds >= 0 ? TimeSpan.FromSeconds(seconds) : throw new FormatException();
        }, "seconds");

    public static Option<T> OneOf<T>(string flag, string description, T otherwise)
        where T : struct, Enum =>
        Create(flag, $"{description} ({string.Join(", ", Enum.GetNames<T>())})", otherwise,
            text => char.IsAsciiLetter(text[0]) ? Enum.Parse<T>(text, ignoreCase: true) : throw new FormatException(),
            "one of its names");

    private static Option<T> Create<T>(string flag, string description, T otherwise, Func<string, T> parse, string? expected = null)
    {
        var variable = VariableOf(flag);
        return new Option<T>(flag)
        {
            Description = $"{description} [{variable}]",
            CustomParser = result => result.Tokens.Count == 0 && typeof(T) == typeof(bool)
                ? parse("true")
                : Read(result, result.Tokens[0].Value, flag, parse, expected),
            DefaultValueFactory = result => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
                ? Read(result, text, variable, parse, expected)
                : otherwise,
        };
    }

    private static T Read<T>(ArgumentResult result, string text, string name, Func<string, T> parse, string? expected)
    {
        try
        {
            return parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            // The value is not quoted: what stands in the wrong place may be a secret.
            result.AddError($"{name} is not valid{(expected is null ? "" : $": it takes {expected}")}.");
            return default!;
        }
    }
}
