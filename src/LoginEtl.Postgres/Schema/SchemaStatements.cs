using LoginEtl.Faults;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.History;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Schema;

/// <summary>The statements that make what is missing.</summary>
internal static class SchemaStatements
{
    /// <summary>The schema itself.</summary>
    public static string CreateSchema(string schema) => $"CREATE SCHEMA {QualifiedName.Quote(schema)}";

    /// <summary>The assignment's own table.</summary>
    public static string CreateTable(QualifiedName table, ColumnNames names, AppVersionColumn version) =>
        $"CREATE TABLE {table.Quoted} (\n    {string.Join(",\n    ", Columns(version).Select(c => $"{Quoted(names, c.Field.Column())} {c.Type}"))}\n)";

    /// <summary>The table that <see cref="CreateTable"/> makes, as it will be.</summary>
    public static LiveTable NewTable(QualifiedName table, ColumnNames names, AppVersionColumn version) =>
        new(0, table, 'r', IsLogged: true, HasRowSecurity: false, [.. Columns(version).Select(c => Column(names.Of(c.Field.Column()), c.Type))], [], []) { Names = names };

    private static LiveColumn Column(string name, string type) =>
        new(name, type switch { "integer" => ColumnType.Int4, "date" => ColumnType.Date, _ => ColumnType.Text }, type, type, null, IsRequired: false, IsComputed: false, IsInsertable: true, IsSelectable: true, IsUpdatable: true);

    private static IEnumerable<(RecordField Field, string Type)> Columns(AppVersionColumn version)
    {
        (RecordField, string)[] versions = version switch
        {
            AppVersionColumn.Text => [(RecordField.AppVersion, "text")],
            AppVersionColumn.Three => [(RecordField.AppVersionMajor, "integer"), (RecordField.AppVersionMinor, "integer"), (RecordField.AppVersionPatch, "integer")],
            _ => [(RecordField.AppVersion, "integer")],
        };
        return
        [
            (RecordField.UserId, "varchar(128)"), (RecordField.DeviceType, "varchar(32)"), (RecordField.MaskedIp, "varchar(256)"),
            (RecordField.MaskedDeviceId, "varchar(256)"), (RecordField.Locale, "varchar(32)"), .. versions, (RecordField.CreateDate, "date"),
        ];
    }

    /// <summary>Turns an integer version column into text.</summary>
    /// <exception cref="LoginEtlException">The format cannot be turned back.</exception>
    public static string AlterAppVersion(QualifiedName table, ColumnNames names, AppVersionFormat from)
    {
        var version = Quoted(names, LoginFields.AppVersion);
        return $"ALTER TABLE {table.Quoted} ALTER COLUMN {version} TYPE text USING {VersionText(version, from)}";
    }

    /// <summary>What quarantines of earlier versions lack. Those where nothing could be dismissed let no entry be empty.</summary>
    public static string AddToQuarantine(QualifiedName quarantine, IReadOnlyList<(string Name, string Type)> missing)
    {
        var changes = missing.Select(c => $"ADD COLUMN {c.Name} {c.Type}").ToList();
        if (missing.Any(c => c.Name == SchemaNames.DismissedAt))
        {
            changes.Insert(0, $"DROP CONSTRAINT IF EXISTS {SchemaNames.Quarantine}_check");
            changes.Add($"ADD {HoldsOneThing}");
        }

        return $"ALTER TABLE {quarantine.Quoted} {string.Join(", ", changes)}";
    }

    /// <summary>A relation of <see cref="SchemaNames.All"/>, beside the table.</summary>
    public static string Create(QualifiedName relation) => relation.Name switch
    {
        SchemaNames.Quarantine => CreateQuarantine(relation),
        SchemaNames.Vault => CreateVault(relation),
        SchemaNames.Keys => CreateKeys(relation),
        SchemaNames.AuditAnchor => CreateAuditAnchor(relation),
        SchemaNames.Schema => SchemaRecordPlan.Create(relation),
        SchemaNames.Runs => RunRow.Create(relation),
        SchemaNames.Receipts => ReceiptChain.Create(relation),
        _ => CreateLedger(relation),
    };

    private static string Quoted(ColumnNames names, string column) => QualifiedName.Quote(names.Of(column));

    private static string VersionText(string version, AppVersionFormat from)
    {
        if (from is AppVersionFormat.Auto or AppVersionFormat.Digits)
        {
            return $"{version}::text";
        }

        var radix = VersionSql.Radix(from) ?? throw new LoginEtlException(
            ErrorId.SettingInvalid, $"Integers are never encoded as {from}.", "Name Packed, Decimal or Nibble, or leave it out.");
        return $"CASE WHEN {version} IS NOT NULL THEN pg_catalog.concat_ws('.', {string.Join(", ", VersionSql.Parts($"{version}::bigint", radix))}) END";
    }

    // The room is for entries that turn from written to quarantined: in their own page, they need no new entry in the index.
    private static string CreateLedger(QualifiedName ledger) =>
        $"""
        CREATE TABLE {ledger.Quoted} (
            key uuid PRIMARY KEY,
            outcome smallint NOT NULL CHECK (outcome BETWEEN {(short)LedgerOutcome.Written} AND {(short)LedgerOutcome.Restored}),
            batch uuid NOT NULL,
            {SchemaNames.SchemaVersion} smallint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        ) WITH (fillfactor = 80);
        COMMENT ON TABLE {ledger.Quoted} IS 'LoginEtl: one row for every settled message; what makes a redelivery a duplicate.';
        COMMENT ON COLUMN {ledger.Quoted}.outcome IS '{string.Join(", ", Enum.GetValues<LedgerOutcome>().Select(o => $"{(short)o} {o.ToString().ToLowerInvariant()}"))}'
        """;

    /// <summary>What a ledger of an earlier version lacks: its entries are of version 0, and whoever writes more says which it knows.</summary>
    public static string AddToLedger(QualifiedName ledger) =>
        $"""
        ALTER TABLE {ledger.Quoted} ADD COLUMN {SchemaNames.SchemaVersion} smallint NOT NULL DEFAULT 0;
        ALTER TABLE {ledger.Quoted} ALTER COLUMN {SchemaNames.SchemaVersion} DROP DEFAULT
        """;

    /// <summary>The key that a relation has lost.</summary>
    /// <param name="relation">One of <see cref="SchemaNames.KeyOf"/>.</param>
    /// <param name="hasPrimary">It has a primary key that does not do, one that is checked late, say.</param>
    public static string AddKey(QualifiedName relation, bool hasPrimary) =>
        $"ALTER TABLE {relation.Quoted} {(hasPrimary ? AddsUnique : AddsPrimary)} ({string.Join(", ", SchemaNames.KeyOf(relation.Name)!)})";

    /// <summary>Whether a statement is <see cref="AddKey"/>'s.</summary>
    public static bool IsAddKey(string statement) =>
        statement.Contains($" {AddsPrimary} (", StringComparison.Ordinal) || statement.Contains($" {AddsUnique} (", StringComparison.Ordinal);

    private const string AddsPrimary = "ADD PRIMARY KEY", AddsUnique = "ADD UNIQUE";

    private const string HoldsOneThing =
        $"CONSTRAINT {SchemaNames.Quarantine}_content CHECK (pg_catalog.num_nonnulls(sealed_body, record) = CASE WHEN {SchemaNames.DismissedAt} IS NULL THEN 1 ELSE 0 END)";

    // json, not jsonb: a record may be here just because it holds what jsonb cannot (NUL, half a surrogate pair).
    private static string CreateQuarantine(QualifiedName quarantine) =>
        $"""
        CREATE TABLE {quarantine.Quoted} (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            key uuid NOT NULL,
            message_id text NOT NULL,
            source text,
            reason text NOT NULL,
            field text,
            sqlstate text,
            constraint_name text,
            receive_count integer NOT NULL,
            sent_at timestamptz,
            sealed_body bytea,
            record json,
            batch uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            {string.Join(",\n    ", SchemaNames.AddedToQuarantine.Select(c => $"{c.Name} {c.Type}"))},
            {HoldsOneThing}
        );
        CREATE INDEX ON {quarantine.Quoted} (key);
        COMMENT ON TABLE {quarantine.Quoted} IS 'LoginEtl: messages that could not be written, sealed or masked, with the reason.'
        """;

    private static string CreateKeys(QualifiedName keys) =>
        $"""
        CREATE TABLE {keys.Quoted} (
            attribute text NOT NULL,
            prefix text NOT NULL,
            method text NOT NULL,
            state text NOT NULL DEFAULT '{StoredStates.Primary}' CHECK (state IN ({StoredStates.List})),
            changed_at timestamptz NOT NULL DEFAULT now(),
            {SchemaNames.CheckValue} text,
            PRIMARY KEY (attribute, prefix)
        );
        {CommentOnKeys(keys)}
        """;

    /// <summary>What the table of keys of an earlier version lacks. A writer registers a key by the columns that it may fill.</summary>
    public static string AddToKeys(QualifiedName keys) =>
        $"""
        ALTER TABLE {keys.Quoted} ADD COLUMN {SchemaNames.CheckValue} text, ALTER COLUMN state SET DEFAULT '{StoredStates.Primary}';
        {CommentOnKeys(keys)}
        """;

    /// <summary>Registers keys by the prefixes that rows carry.</summary>
    public static string RegisterKeys(QualifiedName keys, IEnumerable<PrefixCount> found) =>
        $"INSERT INTO {keys.Quoted} (attribute, method, prefix) VALUES {string.Join(", ", found.Select(f => $"('{f.Attribute}', '{TokenPrefix.MethodOf(f.Prefix!)}', '{f.Prefix}')"))} ON CONFLICT DO NOTHING";

    private static string CommentOnKeys(QualifiedName keys) =>
        $"COMMENT ON TABLE {keys.Quoted} IS 'LoginEtl: the masking keys that rows were written under, and their states; no batch is written under a key that is not primary, or has no row here unless told.'";

    // Every head that ever was stays: a file rewritten by whoever holds the audit key differs from it.
    private static string CreateAuditAnchor(QualifiedName anchor) =>
        $"""
        CREATE TABLE {anchor.Quoted} (
            file_id uuid NOT NULL,
            line bigint NOT NULL CHECK (line > 0),
            mac bytea NOT NULL,
            place text NOT NULL,
            note text,
            anchored_by text NOT NULL DEFAULT session_user,
            anchored_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (file_id, line)
        );
        COMMENT ON TABLE {anchor.Quoted} IS 'LoginEtl: what the last line of an audit file was, and when; by this a cut or rewritten file shows. Grant INSERT and SELECT only.';
        {ChainAnchors(anchor)}
        """;

    /// <summary>
    /// Counts and chains anchors. The number before must be there, so that nobody leaves one out, and what earlier versions
    /// added stays without a number. The server's clock is asked when a row is added, not when its transaction began. The
    /// index finds the first row of a place, however many there are.
    /// </summary>
    public static string ChainAnchors(QualifiedName anchor) =>
        $"""
        ALTER TABLE {anchor.Quoted}
            ADD COLUMN number bigint CONSTRAINT {SchemaNames.AuditAnchorNumber} UNIQUE,
            ADD COLUMN link bytea,
            ALTER COLUMN anchored_at SET DEFAULT clock_timestamp();
        ALTER TABLE {anchor.Quoted}
            ADD COLUMN previous bigint GENERATED ALWAYS AS (nullif(number - 1, 0)) STORED REFERENCES {anchor.Quoted} (number),
            ADD CONSTRAINT {SchemaNames.AuditAnchor}_chained CHECK (
                number IS NOT NULL AND number > 0 AND link IS NOT NULL AND octet_length(link) = 36
                AND octet_length(mac) = 32 AND length(place) <= 8192 AND length(note) <= 8192) NOT VALID;
        CREATE INDEX ON {anchor.Quoted} (place, number NULLS FIRST, anchored_at, line)
        """;

    // The collation of bytes: tokens of one key are found by their prefix in the index.
    private static string CreateVault(QualifiedName vault) =>
        $"""
        CREATE TABLE {vault.Quoted} (
            attribute text NOT NULL,
            token text COLLATE "C" NOT NULL,
            sealed bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (attribute, token)
        );
        COMMENT ON TABLE {vault.Quoted} IS 'LoginEtl: originals of mac tokens, sealed to a public key; a row that is deleted is still in backups and WAL archives.'
        """;
}
