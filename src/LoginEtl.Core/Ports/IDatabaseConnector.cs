using LoginEtl.Audit;
using LoginEtl.Checks;
using LoginEtl.Contract;
using LoginEtl.Export;
using LoginEtl.History;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Versions;

namespace LoginEtl.Ports;

/// <summary>Opens databases. Implemented on the far side of the module's private load context.</summary>
public interface IDatabaseConnector
{
    /// <summary>
    /// Whether the text of a connection string or URI carries a password to another machine: typed as an argument, it
    /// stays in histories and process lists. False for what cannot be read, which the connection will complain of.
    /// </summary>
    bool CarriesPassword(SecretText database);

    /// <summary>Names of the tables of users, for whoever types one.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, or refused.</exception>
    Task<IReadOnlyList<string>> ListTablesAsync(DatabaseSettings settings, CancellationToken cancellationToken);

    /// <summary>Names of the table's unique keys, for whoever types one.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, or refused.</exception>
    Task<IReadOnlyList<string>> ListUniqueKeysAsync(DatabaseSettings settings, CancellationToken cancellationToken);

    /// <summary>Connects, reads the live table and checks that rows of this shape can be written durably.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, or one that cannot hold the rows.</exception>
    Task<IRecordSink> WriteToAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken);

    /// <summary>Opens the ledger beside the table, with the checks of a run: what it hides or has lost would be sent again.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, or one that a run would refuse.</exception>
    Task<ILedger> OpenLedgerAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// Creates what is missing: table, ledgers, quarantine, roles where asked for. Never drops anything, and changes a
    /// column of the user's only as <see cref="SchemaOptions.AlterAppVersion"/> says. Answers the statements that were
    /// run, or with <see cref="SchemaOptions.PlanOnly"/> those that would be, in an order in which they can be run by hand;
    /// empty when nothing is missing.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or options that contradict one another.</exception>
    Task<IReadOnlyList<string>> InitializeAsync(
        DatabaseSettings settings, SchemaOptions options, CancellationToken cancellationToken);

    /// <summary>Reads what the table's columns take, and needs no right to write.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, or one that cannot hold the rows.</exception>
    Task<ITableRules> ReadRulesAsync(DatabaseSettings settings, AppVersionFormat format, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at server, TLS, durability, table, columns, keys, row security, grants and ledgers without writing
    /// anything. Faults are checks that failed; never throws them.
    /// </summary>
    Task<IReadOnlyList<Check>> CheckAsync(
        DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken);

    /// <summary>Opens the quarantine beside the table. The options are those of the rows that are restored.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or there is no quarantine.</exception>
    Task<IQuarantine> OpenQuarantineAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken);

    /// <summary>The runs that the database remembers, the latest first.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or it remembers none.</exception>
    Task<IReadOnlyList<LoginRun>> ListRunsAsync(DatabaseSettings settings, RunFilter filter, CancellationToken cancellationToken);

    /// <summary>Holds the runs' receipts against each other, the ledgers and the quarantine, as they are at one moment.</summary>
    /// <param name="settings">Which table.</param>
    /// <param name="links">Receipts that somebody has kept: each is to be there still.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or there are no receipts.</exception>
    Task<RunProof> ProveRunsAsync(DatabaseSettings settings, IReadOnlyList<ReceiptLink> links, CancellationToken cancellationToken);

    /// <summary>Opens the tokens of the table and the states of their keys.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, or keys that have no table.</exception>
    Task<ITokenTable> OpenTokensAsync(DatabaseSettings settings, CancellationToken cancellationToken);

    /// <summary>Takes a snapshot of rows, to write them to a file.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, rows that this user does not see, or values that are no tokens.</exception>
    Task<ILoginExport> OpenExportAsync(DatabaseSettings settings, ExportFilter filter, CancellationToken cancellationToken);

    /// <summary>Takes a snapshot of what there is of a person.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, a missing table, or rows that this user does not see.</exception>
    Task<ISubjectData> OpenSubjectAsync(DatabaseSettings settings, Subject subject, SealedFindings opened, CancellationToken cancellationToken);

    /// <summary>Opens the vault of originals, to read.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or there is no vault.</exception>
    Task<IVault> OpenVaultAsync(DatabaseSettings settings, CancellationToken cancellationToken);

    /// <summary>Opens the anchor of audit files.</summary>
    /// <exception cref="Faults.LoginEtlException">Unreachable, refused, or there is no anchor.</exception>
    Task<IAuditAnchor> OpenAnchorAsync(DatabaseSettings settings, CancellationToken cancellationToken);
}
