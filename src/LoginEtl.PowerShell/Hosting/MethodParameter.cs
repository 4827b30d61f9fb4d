using System.Collections;
using LoginEtl.Keysets;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The parameter -Method, with the environment where it is not given.</summary>
internal static class MethodParameter
{
    /// <exception cref="Faults.LoginEtlException"><c>MethodInvalid</c>.</exception>
    public static MaskMethods Read(Hashtable? given) => given is null
        ? MaskMethods.Parse(EnvironmentSettings.Read(EnvironmentSettings.MethodVariable) ?? "")
        : MaskMethods.From(given.Cast<DictionaryEntry>().Select(e => KeyValuePair.Create($"{e.Key}", ((SettingText?)e.Value)?.Reveal())));
}
