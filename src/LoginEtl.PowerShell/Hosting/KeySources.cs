using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Key sources as a cmdlet names them.</summary>
internal static class KeySources
{
    /// <summary>Opens the one given, else that of LOGINETL_KEYSET; its warnings are shown.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be opened.</exception>
    public static Keyring Open(LoginCmdlet cmdlet, SettingText? keyset, CancellationToken stop)
    {
        var keyring = Keyring.Open(Require(keyset), Access(cmdlet, stop));
        foreach (var warning in keyring.Warnings)
        {
            cmdlet.WriteWarning(warning);
        }

        return keyring;
    }

    /// <summary>
    /// Opens the source as often as it is called: the first time on the pipeline's thread, with warnings; then on any. What
    /// PowerShell lends is asked for the first time only, and a source that needs its vaults cannot be read again.
    /// </summary>
    public static Func<Keyring> Reader(LoginCmdlet cmdlet, SettingText? keyset, CancellationToken stop)
    {
        string? folder = null;
        var access = Access(cmdlet, stop);
        var resolve = access.ResolveFolder;
        access = access with { ResolveFolder = path => folder ??= resolve(path) };
        var first = true;
        return () =>
        {
            var keyring = Keyring.Open(Require(keyset), first ? access : access with { ReadSecret = null });
            foreach (var warning in first ? keyring.Warnings : [])
            {
                cmdlet.WriteWarning(warning);
            }

            first = false;
            return keyring;
        };
    }

    /// <summary>The private keyset that a parameter names; null when it was not given.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>PathInvalid</c>.</exception>
    public static PrivateKeySource? Private(PSCmdlet cmdlet, SettingText? given, CancellationToken stop, string parameter = "-PrivateKeyPath") =>
        given is null ? null : PrivateKeySource.Parse(given.Reveal(), path => GivenPath.Of(cmdlet, path, parameter), stop);

    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>.</exception>
    public static string Require(SettingText? keyset) => EnvironmentSettings.Require(keyset?.Reveal(), EnvironmentSettings.KeysetVariable, "-Keyset");

    /// <summary>What PowerShell lends for reading them.</summary>
    public static KeyAccess Access(PSCmdlet cmdlet, CancellationToken stop) => new()
    {
        ResolveFolder = folder => System.IO.Path.TrimEndingDirectorySeparator(GivenPath.Of(cmdlet, folder, "The key source")),
        ReadSecret = (vault, name) => SecretVault.Read(cmdlet, vault, name),
        KeyService = Connectors.NewKeyService,
        Stop = stop,
    };
}
