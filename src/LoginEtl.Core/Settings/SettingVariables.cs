using System.Collections;
using System.Text.RegularExpressions;
using LoginEtl.Faults;

namespace LoginEtl.Settings;

/// <summary>The environment variables of settings: one for each flag of the worker, and for the parameter of the same name.</summary>
public static partial class SettingVariables
{
    private const string Own = "LOGINETL_";

    // For the project's own tests and sandbox.
    private static readonly string[] s_otherUses = ["LOGINETL_TEST_", "LOGINETL_SANDBOX_", "LOGINETL_SOAK_", "LOGINETL_LONG_RUNS"];

    private static readonly HashSet<string> s_known = new(
        [
            EnvironmentSettings.QueueVariable, EnvironmentSettings.KeysetVariable, EnvironmentSettings.MethodVariable, EnvironmentSettings.IpFormVariable,
            EnvironmentSettings.EnvelopeVariable, EnvironmentSettings.IdentityFromVariable, EnvironmentSettings.ColumnNameVariable,
            EnvironmentSettings.DatabaseVariable, EnvironmentSettings.AuditVariable, SettingsFile.Variable,
            .. new[]
            {
                "Table", "RootCertificate", "IamAuthentication", "Region", "ProfileName", "EndpointUrl", "Protocol", "Wait", "MaxMessages", "MaxDuration",
                "DrainWindow", "DrainTimeout", "RetryFor", "Receivers", "MaxHeld", "MaxHeldBytes", "BatchSize", "FlushInterval", "AppVersionFormat", "OnTooLong",
                "OnConflict", "ConflictKey", "MaxRejectRatio", "OnBadInGroup", "OnSuppressed", "AllowNullPii", "DefaultLocale", "OnPiiFound", "NewKey", "Initialize", "Check", "HealthPort", "Lambda", "LogFormat", "LogLevel",
            }.Select(NameOf),
        ],
        StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> Known => s_known;

    /// <summary>That of a parameter, whether there is one or not: <c>LOGINETL_BATCH_SIZE</c> of <c>BatchSize</c>.</summary>
    public static string NameOf(string parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return Own + Capital().Replace(parameter, "_$0").TrimStart('_').ToUpperInvariant();
    }

    /// <summary>Its name in a file of settings: <c>batchSize</c> of <c>LOGINETL_BATCH_SIZE</c>.</summary>
    public static string CamelCaseOf(string variable) => string.Concat(
        variable[Own.Length..].ToLowerInvariant().Split('_').Select((word, place) => place == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>What is set under our prefix and stands for no setting, as one that is misspelled; a sentence, and null when there is none.</summary>
    public static string? Unknown()
    {
        var names = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => (string)e.Key)
            .Where(n => n.StartsWith(Own, StringComparison.Ordinal) && !s_known.Contains(n) && !s_otherUses.Any(o => n.StartsWith(o, StringComparison.Ordinal)))
            .Select(n => Quotable.IsName(n) ? n : $"{Own}…").Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? null : $"{string.Join(", ", names)} {(names.Count == 1 ? "is" : "are")} set, and no setting of that name is known.";
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
