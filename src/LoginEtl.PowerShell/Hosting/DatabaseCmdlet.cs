using System.Management.Automation;
using LoginEtl.Connections;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What every cmdlet with a database takes.</summary>
public abstract class DatabaseCmdlet : LoginCmdlet
{
    /// <summary>Npgsql connection string or postgresql:// URI; LOGINETL_DATABASE when not given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNull]
    public SecretText? Database { get; set; }

    /// <summary>User name and password, which win over those in -Database.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The table, with or without a schema.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Table { get; set; } = DatabaseSettings.DefaultTable;

    /// <summary>PEM file of the certificate authority to trust.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RootCertificate { get; set; }

    /// <summary>The settings, with the environment where a parameter is not given.</summary>
    protected DatabaseSettings ConnectionSettings() =>
        Guard(() => DatabaseParameters.Settings(this, Database, Credential, Table, RootCertificate));
}
