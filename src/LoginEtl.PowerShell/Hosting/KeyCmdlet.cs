using System.Collections;
using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Rotation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What the cmdlets that change one key share: they take it by id, or from Get-LoginKeyset; and they tell the database of
/// it where one is named, so that no writer anywhere goes on with a key that is not primary any more.
/// </summary>
public abstract class KeyCmdlet : KeysetCmdlet
{
    private ITokenTable? _table;

    /// <summary>Id of the key.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyIdCompleter))]
    public uint KeyId { get; set; }

    /// <summary>Npgsql connection string or postgresql:// URI of the database whose writers are to know; none when not given.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecretText? Database { get; set; }

    /// <summary>User name and password, which win over those in -Database.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>An IAM token of Amazon RDS is the password; credentials and region are those of the environment.</summary>
    [Parameter]
    public SwitchParameter IamAuthentication { get; set; }

    /// <summary>The table, with or without a schema.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Table { get; set; } = DatabaseSettings.DefaultTable;

    /// <summary>
    /// Columns that the table calls otherwise, our name and then the table's, exactly: @{ masked_ip = 'hashed_ip'; create_date = 'logged_at' };
    /// LOGINETL_COLUMN_NAME when not given.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? ColumnName { get; set; }

    /// <summary>PEM file of the certificate authority to trust.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RootCertificate { get; set; }

    /// <summary>What it does, as ShouldProcess says it.</summary>
    protected abstract string Action { get; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var change = OpenForChange();
        var key = Find(change, KeyId);
        if (!ShouldProcess($"{key} ({key.TokenPrefix ?? key.Method}) in {change.Path}", Action))
        {
            return;
        }

        // Before anything is changed: a database that is not there is known by then.
        var table = OpenTable();
        Check(key, table);
        var changed = Guard(() => Change(change), key.ToString());
        if (table is not null)
        {
            Await(() => KeyRegistry.RecordAsync(table, ToRecord(change, changed), StopToken), Table);
        }

        WriteObject(changed);
    }

    /// <inheritdoc/>
    protected override async Task CleanUpAsync()
    {
        if (_table is not null)
        {
            await _table.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Looks whether it may be done.</summary>
    /// <param name="key">The key as it is.</param>
    /// <param name="table">Null where no database is named.</param>
    protected virtual void Check(LoginKey key, ITokenTable? table)
    {
    }

    /// <summary>The keys whose states the database is told: a host whose file is old must not tell those of others.</summary>
    /// <param name="change">The keyset.</param>
    /// <param name="changed">The key as it is now.</param>
    protected virtual IReadOnlyList<LoginKey> ToRecord(KeysetChange change, LoginKey changed) => [changed];

    /// <summary>Does it.</summary>
    /// <param name="change">The keyset.</param>
    protected abstract LoginKey Change(KeysetChange change);

    private ITokenTable? OpenTable()
    {
        if (_table is null && Database is not null)
        {
            var settings = Guard(() => DatabaseParameters.Settings(
                this, Database, Credential, IamAuthentication ? new AwsSettings() : null, Table, ColumnName, RootCertificate));
            _table = Await(() => Connectors.Database.OpenTokensAsync(settings, StopToken), Table);
        }

        return _table;
    }
}
