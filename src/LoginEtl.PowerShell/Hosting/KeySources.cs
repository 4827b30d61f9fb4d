using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Key sources as a cmdlet names them.</summary>
internal static class KeySources
{
    /// <summary>Opens the one given, else that of LOGINETL_KEYSET; its warnings are shown.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be opened.</exception>
    public static Keyring Open(PSCmdlet cmdlet, string? keyset, CancellationToken stop)
    {
        var keyring = Keyring.Open(Require(keyset), Access(cmdlet, stop));
        foreach (var warning in keyring.Warnings)
        {
            cmdlet.WriteWarning(warning);
        }

        return keyring;
    }

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>.</exception>
    public static string Require(string? keyset) => EnvironmentSettings.Require(keyset, EnvironmentSettings.KeysetVariable, "-Keyset");

    /// <summary>What PowerShell lends for reading them.</summary>
    public static KeyAccess Access(PSCmdlet cmdlet, CancellationToken stop) => new()
    {
        ResolveFolder = folder => System.IO.Path.TrimEndingDirectorySeparator(cmdlet.GetUnresolvedProviderPathFromPSPath(folder)),
        ReadSecret = (vault, name) => SecretVault.Read(cmdlet, vault, name),
        KeyService = () => Connectors.KeyService,
        Stop = stop,
    };
}
