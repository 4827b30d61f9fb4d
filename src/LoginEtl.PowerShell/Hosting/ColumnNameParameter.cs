using System.Collections;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The parameter -ColumnName, with the environment where it is not given.</summary>
internal static class ColumnNameParameter
{
    /// <exception cref="Faults.LoginEtlException"><c>ColumnNameInvalid</c>.</exception>
    public static ColumnNames Read(Hashtable? given) => given is null
        ? ColumnNames.Parse(EnvironmentSettings.Read(EnvironmentSettings.ColumnNameVariable) ?? "")
        : ColumnNames.From(given.Cast<DictionaryEntry>().Select(e => KeyValuePair.Create($"{e.Key}", ((SettingText?)e.Value)?.Reveal())));
}
