using System.Management.Automation;
using LoginEtl.Connections;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The database parameters of several cmdlets, with the environment where one is not given.</summary>
internal static class DatabaseParameters
{
    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>.</exception>
    public static DatabaseSettings Settings(
        PSCmdlet cmdlet, SecretText? database, PSCredential? credential, string table, string? rootCertificate) => new()
    {
        Database = database ?? new SecretText(
            EnvironmentSettings.Require(null, EnvironmentSettings.DatabaseVariable, "-Database")),
        UserName = credential?.UserName,
        Password = credential is null ? null : new SecretText(credential.GetNetworkCredential().Password),
        Table = table,
        RootCertificate = rootCertificate is null ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(rootCertificate),
    };
}
