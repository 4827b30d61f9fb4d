using System.Collections;
using System.Management.Automation;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Rotation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What the cmdlets share that change a keyset and tell the database of it where one is named: so no writer anywhere goes on
/// with a key that is not primary any more, and a new key is known before its first use.
/// </summary>
public abstract class RegisteredKeysetCmdlet : KeysetCmdlet
{
    private ITokenTable? _table;

    /// <summary>Npgsql connection string or postgresql:// URI of the database whose writers are to know; none when not given.</summary>
    [Parameter]
    [Given<SecretText>]
    [ValidateNotNull]
    public SecretText? Database { get; set; }

    /// <summary>User name and password, which win over those in -Database.</summary>
    [Parameter]
    [UserCredential]
    public PSCredential? Credential { get; set; }

    /// <summary>An IAM token of Amazon RDS is the password; credentials and region are those of the environment.</summary>
    [Parameter]
    public SwitchParameter IamAuthentication { get; set; }

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

    /// <summary>The tokens and their keys; null where no database is named.</summary>
    protected ITokenTable? OpenTable()
    {
        if (_table is null && Database is not null)
        {
            var settings = Guard(() => DatabaseParameters.Settings(
                this, Database, Credential, IamAuthentication ? new AwsSettings() : null, Table, ColumnName, RootCertificate, StopToken));
            _table = Own(Await(() => Connectors.Database.OpenTokensAsync(settings, StopToken), Table));
        }

        return _table;
    }
}
