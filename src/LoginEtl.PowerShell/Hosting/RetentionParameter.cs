using System.Collections;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The parameter -Retention.</summary>
internal static class RetentionParameter
{
    /// <returns>Null where it is not given.</returns>
    /// <exception cref="Faults.LoginEtlException"><c>SettingInvalid</c>.</exception>
    public static Retention? Read(Hashtable? given) => given is null
        ? null
        : Retention.From(given.Cast<DictionaryEntry>().Select(e => KeyValuePair.Create($"{e.Key}", ((SettingText?)e.Value)?.Reveal())));
}
