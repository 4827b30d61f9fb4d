using LoginEtl.Decoding;
using LoginEtl.Faults;

namespace LoginEtl.Settings;

/// <summary>The project's own environment variables. Those of AWS and PostgreSQL are read by their libraries.</summary>
public static class EnvironmentSettings
{
    /// <summary>Name, URL or ARN of the queue.</summary>
    public const string QueueVariable = "LOGINETL_QUEUE";

    /// <summary>Key source, such as <c>file:keys</c>.</summary>
    public const string KeysetVariable = "LOGINETL_KEYSET";

    /// <summary>Methods of masking, such as <c>ip=pfx,device_id=mac</c>.</summary>
    public const string MethodVariable = "LOGINETL_METHOD";

    /// <summary>What of an ip is masked: <see cref="Masking.IpForm"/> by name.</summary>
    public const string IpFormVariable = "LOGINETL_IP_FORM";

    /// <summary>Whether envelopes are taken off: <see cref="Envelope"/> by name.</summary>
    public const string EnvelopeVariable = "LOGINETL_ENVELOPE";

    /// <summary>What makes two messages the same one: <see cref="IdentityFrom.Expected"/>.</summary>
    public const string IdentityFromVariable = "LOGINETL_IDENTITY_FROM";

    /// <summary>What the table calls its columns, such as <c>masked_ip=hashed_ip,create_date=logged_at</c>.</summary>
    public const string ColumnNameVariable = "LOGINETL_COLUMN_NAME";

    /// <summary>Connection string or URI.</summary>
    public const string DatabaseVariable = "LOGINETL_DATABASE";

    /// <summary>Audit file of recoveries.</summary>
    public const string AuditVariable = "LOGINETL_AUDIT";

    /// <summary>
    /// A variable's text without the line end that it has when it was filled from a file or a secret. In a database's settings
    /// that may be a password's last character: there it stays, and is refused.
    /// </summary>
    /// <param name="variable">One of the project's own.</param>
    public static string? Read(string variable) => Environment.GetEnvironmentVariable(variable) is not { } text ? null
        : variable == DatabaseVariable ? text : text.TrimEnd('\r', '\n');

    /// <summary>A setting as given, else from its variable.</summary>
    /// <param name="given">As given; null or blank when not.</param>
    /// <param name="variable">Its environment variable.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingMissing</c>.</exception>
    public static string Require(string? given, string variable, string parameter)
    {
        var value = string.IsNullOrWhiteSpace(given) ? Read(variable) : given;
        return !string.IsNullOrWhiteSpace(value) ? value : throw new LoginEtlException(
            ErrorId.SettingMissing, $"{parameter} was not given, and {variable} is not set.",
            $"Give {parameter}, or set {variable}.");
    }

    /// <summary>A choice as given, else from its variable, else as named.</summary>
    /// <param name="given">As given; null when not.</param>
    /// <param name="variable">Its environment variable; blank counts as not set.</param>
    /// <param name="otherwise">The default.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the text is not quoted.</exception>
    public static T OneOf<T>(T? given, string variable, T otherwise)
        where T : struct, Enum
    {
        if (given is { } value || Read(variable) is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return given ?? otherwise;
        }

        // Numbers and lists would be taken by Enum.Parse too, and mean nothing to a reader.
        return text.All(char.IsAsciiLetter) && Enum.TryParse<T>(text, ignoreCase: true, out var named)
            ? named
            : throw NotValid(variable, $"one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    /// <summary>What makes two messages the same one: as given, else from the variable, else by the envelope.</summary>
    /// <param name="given">As given; null or blank when not.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the text is not quoted.</exception>
    public static IdentityFrom Identity(string? given, string parameter)
    {
        var text = string.IsNullOrWhiteSpace(given) ? Read(IdentityFromVariable) : given;
        return string.IsNullOrWhiteSpace(text) ? IdentityFrom.Envelope
            : IdentityFrom.TryParse(text, out var identity) ? identity
            : throw NotValid(string.IsNullOrWhiteSpace(given) ? IdentityFromVariable : parameter, IdentityFrom.Expected);
    }

    /// <summary>The name of a source of lines, which stands in the name of each of them, and so in warnings and in the database.</summary>
    /// <param name="given">As given.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the text is not quoted.</exception>
    public static string RequireSource(string given, string parameter) =>
        Quotable.IsSource(given) ? given : throw NotValid(parameter, "letters, digits, blanks and _ - . , + ( ) ~ / \\ = : % #");

    private static LoginEtlException NotValid(string name, string expected) => new(
        ErrorId.SettingInvalid, $"{name} is not valid: it takes {expected}.", "Correct it, or leave it out.");

    /// <summary>
    /// The queue as the receipt of a run names it that did not find it. What is no queue's name, URL or ARN is not quoted, nor
    /// is any part of it; it may be a secret in the wrong place.
    /// </summary>
    /// <param name="given">As given; null or blank when not.</param>
    public static string QueueName(string? given) =>
        QueueText.TryParse(string.IsNullOrWhiteSpace(given) ? Read(QueueVariable) : given, out var queue) ? queue.Name : "no queue";

    /// <summary>The name of a queue that is given by its name, URL or ARN.</summary>
    /// <param name="given">As given.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the text is not quoted.</exception>
    public static string RequireQueueName(string given, string parameter) =>
        QueueText.TryParse(given, out var queue) ? queue.Name : throw NotValid(parameter, "the name, URL or ARN of a queue");

    /// <summary>How the names of queues begin that are asked for, or what they look like with wildcards: it is sent to the service, and named where that refuses it.</summary>
    /// <param name="given">As given.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the text is not quoted.</exception>
    public static string RequireQueuePattern(string given, string parameter) => IsQueuePattern(given)
        ? given : throw NotValid(parameter, "the name, URL or ARN of a queue, or a name with wildcards");

    /// <summary>Whether it could be the beginning of a queue's name, or one with wildcards.</summary>
    public static bool IsQueuePattern(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        return given.Length <= 80 && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '*' or '?' or '[' or ']');
    }

    /// <summary>An endpoint as given; null when blank.</summary>
    /// <param name="given">Absolute http or https URL.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>; the value is not quoted, it may hold a password.</exception>
    public static Uri? Url(string? given, string parameter)
    {
        if (string.IsNullOrWhiteSpace(given))
        {
            return null;
        }

        return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")
            ? url
            : throw new LoginEtlException(
                ErrorId.SettingInvalid, $"{parameter} is not a URL.",
                "Give an absolute URL, such as http://127.0.0.1:4566.");
    }
}
