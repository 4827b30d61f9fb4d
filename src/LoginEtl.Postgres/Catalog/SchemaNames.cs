namespace LoginEtl.Postgres.Catalog;

/// <summary>The names of the relations beside the user's table, in the same schema.</summary>
internal static class SchemaNames
{
    /// <summary>One row for every settled queue message.</summary>
    public const string Ledger = "login_etl_ledger";

    /// <summary>One row for every settled line of text; never pruned.</summary>
    public const string FileLedger = "login_etl_file_ledger";

    /// <summary>What could not be written, with its reason.</summary>
    public const string Quarantine = "login_etl_quarantine";

    /// <summary>Of the quarantine: when an entry became a row.</summary>
    public const string RestoredAt = "restored_at";

    /// <summary>Of the quarantine: when an entry was dismissed.</summary>
    public const string DismissedAt = "dismissed_at";

    /// <summary>Of the quarantine: the account that dismissed an entry.</summary>
    public const string DismissedBy = "dismissed_by";

    /// <summary>Of the quarantine: why an entry was dismissed.</summary>
    public const string DismissalReason = "dismissal_reason";

    /// <summary>Of the quarantine: the queue that a message came from.</summary>
    public const string Queue = "queue";

    /// <summary>Sealed originals of mac tokens.</summary>
    public const string Vault = "login_etl_vault";

    /// <summary>The states of the masking keys.</summary>
    public const string Keys = "login_etl_key";

    /// <summary>Of the keys: what tells keys of one id apart. Earlier versions made no such column.</summary>
    public const string CheckValue = "check_value";

    /// <summary>Heads of audit files: rows are added and never changed.</summary>
    public const string AuditAnchor = "login_etl_audit_anchor";

    /// <summary>One row: the version of all of these, and the database and server that it was recorded in.</summary>
    public const string Schema = "login_etl_schema";

    /// <summary>One row for every run.</summary>
    public const string Runs = "login_etl_run";

    /// <summary>What the runs had counted when they began and ended, each entry chained to the one before: rows are added and never changed.</summary>
    public const string Receipts = "login_etl_receipt";

    /// <summary>All of them, in the order they are made.</summary>
    public static readonly string[] All = [Ledger, FileLedger, Quarantine, Vault, Keys, AuditAnchor, Schema, Runs, Receipts];

    /// <summary>Index of the ledger's entries that have no time in their key: what is pruned is found by it.</summary>
    public const string LedgerUntimed = $"{Ledger}_untimed";

    /// <summary>Index of the vault: what is past its retention is found by it. Made with a retention.</summary>
    public const string VaultCreated = $"{Vault}_created";

    /// <summary>Index of the entries of the quarantine that hold something: what is past its retention is found by it. Made with a retention.</summary>
    public const string QuarantineHeld = $"{Quarantine}_held";

    /// <summary>All names that are ours, those of indexes that are made apart among them: in their place nobody else's relation may stand.</summary>
    public static readonly string[] AllAndIndexes = [.. All, LedgerUntimed, VaultCreated, QuarantineHeld, AuditAnchorNumber];

    /// <summary>Those that every run needs.</summary>
    public static readonly string[] OfRuns = [Ledger, FileLedger, Quarantine, Keys];

    /// <summary>Those that a run trusts, as far as they are there.</summary>
    public static readonly string[] TrustedByRuns = [.. OfRuns, Schema, Runs, Receipts];

    /// <summary>Those that are read for what the database says of itself.</summary>
    public static readonly string[] OfRecord = [Schema, Ledger, FileLedger];

    /// <summary>Their columns, by which an older or foreign relation of the same name is told apart.</summary>
    public static IReadOnlyList<string> ColumnsOf(string relation) => relation switch
    {
        Quarantine => QuarantineColumns,
        Vault => VaultColumns,
        Keys => KeyColumns,
        AuditAnchor => AuditAnchorColumns,
        Schema => SchemaColumns,
        Runs => RunColumns,
        Receipts => ReceiptColumns,
        _ => LedgerColumns,
    };

    /// <summary>The columns, by name, of the key by which nothing is in a relation twice; null where that is nobody's concern.</summary>
    public static IReadOnlyList<string>? KeyOf(string relation) => relation switch
    {
        Ledger or FileLedger => ["key"],
        Vault => ["attribute", "token"],
        Keys => ["attribute", "prefix"],
        Runs => ["id"],
        Receipts => ["number"],
        _ => null,
    };

    /// <summary>All unique keys, by their columns, that this version makes on a relation.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> UniqueKeysOf(string relation) => relation switch
    {
        Quarantine => [["id"]],
        AuditAnchor => [["file_id", "line"], ["number"]],
        Schema => [["is_only"]],
        _ => KeyOf(relation) is { } key ? [key] : [],
    };

    /// <summary>The catalogue's name of a column's type: the same in every relation.</summary>
    public static string TypeOf(string column) => column switch
    {
        "key" or "batch" or "file_id" or "id" or "run" => "uuid",
        "outcome" or SchemaVersion => "int2",
        "receive_count" or "version" or "timeline" => "int4",
        "line" or "number" or "oldest" or "system_identifier" => "int8",
        "database_id" or "ledger_id" => "oid",
        "sent_at" or "changed_at" or "anchored_at" or "recorded_at" or "started_at" or "seen_at" or "ended_at" => "timestamptz",
        "sealed_body" or "sealed" or "mac" or "link" => "bytea",
        "record" => "json",
        _ when CountedInBatches.Contains(column) || CountedAtEnd.Contains(column) => "int8",
        _ => "text",
    };

    /// <summary>Columns the writer fills.</summary>
    public static readonly string[] VaultColumns = ["attribute", "token", "sealed"];

    /// <summary>Columns of the keys' states.</summary>
    public static readonly string[] KeyColumns = ["attribute", "prefix", "method", "state", "changed_at", CheckValue];

    /// <summary>Columns that the audit's anchor had in every version.</summary>
    public static readonly string[] AuditAnchorBefore = ["file_id", "line", "mac", "place", "note", "anchored_by", "anchored_at"];

    /// <summary>Columns by which anchors are chained, which it did not have before.</summary>
    public static readonly string[] AddedToAuditAnchor = ["number", "link"];

    /// <summary>Columns of the audit's anchor.</summary>
    public static readonly string[] AuditAnchorColumns = [.. AuditAnchorBefore, .. AddedToAuditAnchor];

    /// <summary>Those of them that whoever recovers may fill; who and when are the server's word.</summary>
    public static readonly string[] AuditAnchorContent = ["file_id", "line", "mac", "place", "note", .. AddedToAuditAnchor];

    /// <summary>Keeps two anchors from having one number.</summary>
    public const string AuditAnchorNumber = "login_etl_audit_anchor_number";

    /// <summary>
    /// Of the ledgers: the schema version that the writer knows. It has no default, so that programs from before there were
    /// versions write nothing.
    /// </summary>
    public const string SchemaVersion = "schema_version";

    /// <summary>Columns that the ledgers had in every version.</summary>
    public static readonly string[] LedgerBefore = ["key", "outcome", "batch"];

    /// <summary>Columns the writer fills.</summary>
    public static readonly string[] LedgerColumns = [.. LedgerBefore, SchemaVersion];

    /// <summary>Of the schema's own record: which tables those beside it were. Earlier versions made no such column.</summary>
    public const string Relations = "relations";

    /// <summary>Those that are recorded there, beside the ledger: each holds what is nowhere else.</summary>
    public static readonly string[] Recorded = [FileLedger, Quarantine, Vault, Keys];

    /// <summary>Columns of the schema's own record.</summary>
    public static readonly string[] SchemaColumns = ["version", "made_by", "system_identifier", "timeline", "database_id", "ledger_id", "recorded_at"];

    /// <summary>Of the runs: what is counted in the batches' own transactions.</summary>
    public static readonly string[] CountedInBatches = ["batches", "written", "updated", "skipped", "quarantined", "suppressed"];

    /// <summary>Of the runs: what is known once they have ended.</summary>
    public static readonly string[] CountedAtEnd = ["received", "duplicate", "returned", "lapsed", "unknown", "undeleted"];

    /// <summary>Columns of the receipts that whoever runs may fill; who and when are the server's word.</summary>
    public static readonly string[] ReceiptContent = ["number", "run", "content", "oldest", "link"];

    /// <summary>Columns of the receipts.</summary>
    public static readonly string[] ReceiptColumns = [.. ReceiptContent, "recorded_by", "recorded_at"];

    /// <summary>Columns of the runs.</summary>
    public static readonly string[] RunColumns =
    [
        "id", "state", "source", "host", "program", "started_by", "started_at", "seen_at", "ended_at", "ended", "error", .. CountedInBatches, .. CountedAtEnd,
    ];

    /// <summary>Columns the writer fills.</summary>
    public static readonly string[] QuarantineColumns =
    [
        "key", "message_id", "source", "reason", "field", "sqlstate", "constraint_name", "receive_count", "sent_at",
        "sealed_body", "record", "batch",
    ];

    /// <summary>
    /// Columns that later versions gave the quarantine, and their types. All of them may be NULL, so that writers of any
    /// version go on beside them, and a writer goes on beside a quarantine that lacks them.
    /// </summary>
    public static readonly (string Name, string Type)[] AddedToQuarantine =
    [
        (RestoredAt, "timestamptz"), (Queue, "text"), (DismissedAt, "timestamptz"), (DismissedBy, "text"), (DismissalReason, "text"),
    ];
}
