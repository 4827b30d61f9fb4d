using System.Collections;
using System.Management.Automation;
using LoginEtl.Keysets;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets take that know the whole job: queue, keys and database.</summary>
public abstract class JobCmdlet : QueueCmdlet
{
    /// <summary>Key source: a folder, file:FOLDER, env:VARIABLE, secret:VAULT/NAME, exec:PROGRAM ARGUMENTS or awskms:FOLDER; LOGINETL_KEYSET when not given.</summary>
    [Parameter(Position = 1)]
    [Given<SettingText>]
    public SettingText? Keyset { get; set; }

    /// <summary>How each attribute is masked: siv, mac, escrow, and pfx for ip; LOGINETL_METHOD, else siv, when not given.</summary>
    [Parameter]
    [Given<Hashtable>]
    [ArgumentCompleter(typeof(MethodCompleter))]
    public Hashtable? Method { get; set; }

    /// <summary>Npgsql connection string or postgresql:// URI, as text or SecureString, secret:VAULT/NAME for one of SecretManagement, or exec:PROGRAM ARGUMENTS for one that a program prints; LOGINETL_DATABASE when not given.</summary>
    [Parameter(Position = 2)]
    [Given<SecretText>]
    public SecretText? Database { get; set; }

    /// <summary>User name and password, which win over those in -Database.</summary>
    [Parameter]
    [UserCredential]
    public PSCredential? Credential { get; set; }

    /// <summary>An IAM token of Amazon RDS is the password: one is made for every connection.</summary>
    [Parameter]
    public SwitchParameter IamAuthentication { get; set; }

    /// <summary>The table, with or without a schema.</summary>
    [Parameter]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(TableCompleter))]
    public SettingText Table { get; set; } = new(DatabaseSettings.DefaultTable);

    /// <summary>
    /// Columns that the table calls otherwise, our name and then the table's, exactly: @{ masked_ip = 'hashed_ip'; create_date = 'logged_at' };
    /// LOGINETL_COLUMN_NAME when not given.
    /// </summary>
    [Parameter]
    [Given<Hashtable>]
    [ArgumentCompleter(typeof(ColumnNameCompleter))]
    public Hashtable? ColumnName { get; set; }

    /// <summary>PEM file of the certificate authority to trust.</summary>
    [Parameter]
    [Given<SettingText>]
    public SettingText? RootCertificate { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What happens to a value longer than its column.</summary>
    [Parameter]
    [Given<TooLongAction>]
    public TooLongAction OnTooLong { get; set; }

    /// <summary>What happens to a row whose own unique key is there already.</summary>
    [Parameter]
    [Given<ConflictAction>]
    public ConflictAction OnConflict { get; set; }

    /// <summary>The unique constraint or index that -OnConflict is about, where the table has several.</summary>
    [Parameter]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(UniqueKeyCompleter))]
    public SettingText? ConflictKey { get; set; }

    /// <summary>The settings of the database, with the environment where a parameter is not given.</summary>
    protected DatabaseSettings ConnectionSettings() =>
        DatabaseParameters.Settings(
        this, Database, Credential, IamAuthentication ? new AwsSettings { Region = Region?.Reveal(), ProfileName = ProfileName?.Reveal() } : null, Table, ColumnName, RootCertificate, StopToken);

    /// <summary>How rows are written.</summary>
    /// <param name="methods">How they are masked.</param>
    protected SinkOptions SinkOptions(MaskMethods methods) => new()
    {
        UseVault = methods.UseVault,
        AppVersionFormat = AppVersionFormat,
        OnTooLong = OnTooLong,
        OnConflict = OnConflict,
        ConflictKey = ConflictKey?.Reveal(),
    };

    /// <summary>How each attribute is masked.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>MethodInvalid</c>.</exception>
    protected MaskMethods Methods() => MethodParameter.Read(Method);

    /// <summary>Opens the key source; its warnings are shown.</summary>
    protected Keyring OpenKeyring() => KeySources.Open(this, Keyset, StopToken);

    /// <summary>Opens the key source as often as it is called: the first time here, with warnings; then on any thread.</summary>
    protected Func<Keyring> KeyringReader() => KeySources.Reader(this, Keyset, StopToken);
}
