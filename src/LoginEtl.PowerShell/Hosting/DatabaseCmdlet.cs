using System.Collections;
using System.Management.Automation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What every cmdlet with a database takes.</summary>
public abstract class DatabaseCmdlet : LoginCmdlet
{
    /// <summary>Npgsql connection string or postgresql:// URI, as text or SecureString, secret:VAULT/NAME for one of SecretManagement, or exec:PROGRAM ARGUMENTS for one that a program prints; LOGINETL_DATABASE when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SecretText>]
    [ValidateNotNull]
    public SecretText? Database { get; set; }

    /// <summary>User name and password, which win over those in -Database.</summary>
    [Parameter]
    [UserCredential]
    public PSCredential? Credential { get; set; }

    /// <summary>An IAM token of Amazon RDS is the password: one is made for every connection.</summary>
    [Parameter]
    public SwitchParameter IamAuthentication { get; set; }

    /// <summary>AWS region of the database, for -IamAuthentication; needed where its host's name has none.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public SettingText? Region { get; set; }

    /// <summary>Named profile of the shared AWS configuration, for -IamAuthentication.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProfileNameCompleter))]
    public SettingText? ProfileName { get; set; }

    /// <summary>The table, with or without a schema.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public SettingText Table { get; set; } = new(DatabaseSettings.DefaultTable);

    /// <summary>
    /// Columns that the table calls otherwise, our name and then the table's, exactly: @{ masked_ip = 'hashed_ip'; create_date = 'logged_at' };
    /// LOGINETL_COLUMN_NAME when not given.
    /// </summary>
    [Parameter]
    [Given<Hashtable>]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(ColumnNameCompleter))]
    public Hashtable? ColumnName { get; set; }

    /// <summary>PEM file of the certificate authority to trust.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? RootCertificate { get; set; }

    /// <summary>The settings, with the environment where a parameter is not given.</summary>
    protected DatabaseSettings ConnectionSettings() =>
        Guard(() => DatabaseParameters.Settings(
        this, Database, Credential, IamAuthentication ? new AwsSettings { Region = Region?.Reveal(), ProfileName = ProfileName?.Reveal() } : null, Table, ColumnName, RootCertificate, StopToken));
}
