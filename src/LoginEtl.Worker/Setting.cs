using System.CommandLine;
using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Worker;

/// <summary>
/// One setting: a flag, and the environment variable that stands in for it (<c>--batch-size</c>,
/// <c>LOGINETL_BATCH_SIZE</c>). The option itself has no default, which <c>--help</c> would print: the variable may
/// hold a password.
/// </summary>
internal sealed class Setting<T>
{
    private readonly string _variable;
    private readonly T _otherwise;
    private readonly Func<string, T> _parse;
    private readonly string _expected;

    public Setting(string flag, string description, T otherwise, Func<string, T> parse, string expected)
    {
        _variable = "LOGINETL_" + flag.TrimStart('-').Replace('-', '_').ToUpperInvariant();
        _otherwise = otherwise;
        _parse = parse;
        _expected = expected;
        var standing = otherwise is null or false ? "" : string.Create(CultureInfo.InvariantCulture, $"; {Show(otherwise)} when not given");
        Option = new Option<T>(flag)
        {
            Description = $"{description}{standing} [{_variable}]",
            CustomParser = result =>
            {
                if (result.Tokens.Count == 0)
                {
                    return parse(bool.TrueString);
                }

                if (TryRead(result.Tokens[0].Value, out var value))
                {
                    return value;
                }

                result.AddError(NotValid(flag));
                return otherwise;
            },
        };
    }

    public Option<T> Option { get; }

    /// <summary>The flag's value, else the variable's, else the default.</summary>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>: the variable's text does not read.</exception>
    public T Value(ParseResult parsed)
    {
        if (parsed.GetResult(Option) is not null)
        {
            return parsed.GetValue(Option)!;
        }

        if (EnvironmentSettings.Read(_variable) is not { Length: > 0 } text)
        {
            return _otherwise;
        }

        return TryRead(text, out var value) ? value : throw new LoginEtlException(
            ErrorId.SettingInvalid, NotValid(_variable), "Correct or unset it.");
    }

    private static object Show(T value) => value is TimeSpan time ? time.TotalSeconds : value!;

    // The text is not quoted: what stands in the wrong place may be a secret.
    private string NotValid(string name) => $"{name} is not valid: it takes {_expected}.";

    private bool TryRead(string text, out T value)
    {
        try
        {
            value = _parse(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            value = _otherwise;
            return false;
        }
    }
}
