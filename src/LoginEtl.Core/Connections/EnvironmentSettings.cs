using LoginEtl.Faults;

namespace LoginEtl.Connections;

/// <summary>The project's own environment variables. Those of AWS and PostgreSQL are read by their libraries.</summary>
public static class EnvironmentSettings
{
    /// <summary>Name, URL or ARN of the queue.</summary>
    public const string QueueVariable = "LOGINETL_QUEUE";

    /// <summary>Key source, such as <c>file:keys</c>.</summary>
    public const string KeysetVariable = "LOGINETL_KEYSET";

    /// <summary>Methods of masking, such as <c>ip=pfx,device_id=mac</c>.</summary>
    public const string MethodVariable = "LOGINETL_METHOD";

    /// <summary>Connection string or URI.</summary>
    public const string DatabaseVariable = "LOGINETL_DATABASE";

    /// <summary>Audit file of recoveries.</summary>
    public const string AuditVariable = "LOGINETL_AUDIT";

    /// <summary>A setting as given, else from its variable.</summary>
    /// <param name="given">As given; null or blank when not.</param>
    /// <param name="variable">Its environment variable.</param>
    /// <param name="parameter">How the host calls it, for the error.</param>
    /// <exception cref="LoginEtlException"><c>SettingMissing</c>.</exception>
    public static string Require(string? given, string variable, string parameter)
    {
        var value = string.IsNullOrWhiteSpace(given) ? Environment.GetEnvironmentVariable(variable) : given;
        return !string.IsNullOrWhiteSpace(value) ? value : throw new LoginEtlException(
            "SettingMissing", FaultKind.Configuration, $"{parameter} was not given, and {variable} is not set.",
            $"Give {parameter}, or set {variable}.");
    }

    /// <summary>
    /// The queue as the receipt of a run names it that did not find it: the last part of a URL or ARN. What is no name is not
    /// quoted; it may be a secret in the wrong place.
    /// </summary>
    /// <param name="given">As given; null or blank when not.</param>
    public static string QueueName(string? given)
    {
        var queue = string.IsNullOrWhiteSpace(given) ? Environment.GetEnvironmentVariable(QueueVariable) : given;
        var name = (queue ?? "").Split('/', ':')[^1];
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? name : "no queue";
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
                "SettingInvalid", FaultKind.Configuration, $"{parameter} is not a URL.",
                "Give an absolute URL, such as http://127.0.0.1:4566.");
    }
}
