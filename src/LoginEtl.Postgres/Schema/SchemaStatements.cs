namespace LoginEtl.Postgres.Schema;

/// <summary>The statements that make what is missing.</summary>
internal static class SchemaStatements
{
    /// <summary>The schema itself.</summary>
    public static string CreateSchema(string schema) => $"CREATE SCHEMA {QualifiedName.Quote(schema)}";

    /// <summary>The assignment's own table.</summary>
    public static string CreateTable(QualifiedName table) =>
        $"""
        CREATE TABLE {table.Quoted} (
            user_id varchar(128),
            device_type varchar(32),
            masked_ip varchar(256),
            masked_device_id varchar(256),
            locale varchar(32),
            app_version integer,
            create_date date
        )
        """;

    /// <summary>A relation of <see cref="SchemaNames.All"/>, beside the table.</summary>
    public static string Create(QualifiedName relation) =>
        relation.Name == SchemaNames.Quarantine ? CreateQuarantine(relation) : CreateLedger(relation);

    private static string CreateLedger(QualifiedName ledger) =>
        $"""
        CREATE TABLE {ledger.Quoted} (
            key uuid PRIMARY KEY,
            outcome smallint NOT NULL CHECK (outcome BETWEEN {(short)LedgerOutcome.Written} AND {(short)LedgerOutcome.Restored}),
            batch uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE {ledger.Quoted} IS 'LoginEtl: one row for every settled message; what makes a redelivery a duplicate.';
        COMMENT ON COLUMN {ledger.Quoted}.outcome IS '{string.Join(", ", Enum.GetValues<LedgerOutcome>().Select(o => $"{(short)o} {o.ToString().ToLowerInvariant()}"))}'
        """;

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
            CHECK (num_nonnulls(sealed_body, record) = 1)
        );
        CREATE INDEX ON {quarantine.Quoted} (key);
        COMMENT ON TABLE {quarantine.Quoted} IS 'LoginEtl: messages that could not be written, sealed or masked, with the reason.'
        """;
}
