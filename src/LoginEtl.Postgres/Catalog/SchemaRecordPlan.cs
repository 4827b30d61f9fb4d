using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using Npgsql;

namespace LoginEtl.Postgres.Catalog;

/// <summary>Makes the schema's record, and brings it up to what is so.</summary>
internal static class SchemaRecordPlan
{
    private const string PlaceColumns = $"system_identifier, timeline, database_id, ledger_id, {SchemaNames.Relations}";

    private static string AddRelations(QualifiedName record) => $"ALTER TABLE {record.Quoted} ADD COLUMN IF NOT EXISTS {SchemaNames.Relations} json";

    /// <summary>The relation, of one row.</summary>
    public static string Create(QualifiedName record) =>
        $"""
        CREATE TABLE {record.Quoted} (
            version integer NOT NULL,
            made_by text NOT NULL,
            system_identifier bigint,
            timeline integer,
            database_id oid NOT NULL,
            ledger_id oid NOT NULL,
            {SchemaNames.Relations} json,
            recorded_at timestamptz NOT NULL DEFAULT now(),
            is_only boolean NOT NULL DEFAULT true CHECK (is_only) UNIQUE
        );
        COMMENT ON TABLE {record.Quoted} IS 'LoginEtl: the version of the relations of these names, and the database and server that they were recorded in; elsewhere, as after a restore, nothing is written before somebody has looked.'
        """;

    /// <summary>What it takes to make the record say what is so; empty when it does.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="table">The user's.</param>
    /// <param name="exists">The relation is there.</param>
    /// <param name="wasUsed">Something beside the table, or in it, says that it was written before.</param>
    /// <param name="acceptRestored">Another database or server is recorded as it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="LoginEtlException"><c>SchemaNewer</c>, <c>DatabaseRewound</c>.</exception>
    public static async Task<IReadOnlyList<string>> StatementsAsync(
        NpgsqlConnection connection, QualifiedName table, bool exists, bool wasUsed, bool acceptRestored, CancellationToken cancellationToken)
    {
        var record = table.Beside(SchemaNames.Schema);
        var (system, history) = await IsKnownAsync(connection, cancellationToken).ConfigureAwait(false) ? (SchemaRecord.System, SchemaRecord.History) : ("NULL", "NULL");
        var relations = $"pg_catalog.json_build_object({string.Join(", ", SchemaNames.Recorded.Select(n => $"'{n}'::text, pg_catalog.to_regclass({table.Beside(n).Literal})::oid"))})";
        var place = $"{system}, {history}, {SchemaRecord.Database}, {table.Beside(SchemaNames.Ledger).Literal}::regclass, {relations}";
        if (exists)
        {
            await SchemaRecord.RequireOursAsync(connection, record, cancellationToken).ConfigureAwait(false);
        }

        var found = exists ? await SchemaRecord.ReadAsync(connection, table, cancellationToken).ConfigureAwait(false) : null;
        found?.RequireNotNewer(table);
        var missing = acceptRestored || !wasUsed ? [] : await MissingAsync(connection, table, [SchemaNames.Ledger, SchemaNames.FileLedger], cancellationToken).ConfigureAwait(false);
        if (missing is [var ledger, ..])
        {
            throw new LoginEtlException(
                ErrorId.LedgerNotFound, $"{table} was written before, and {ledger} is not there: what was written and comes again would be written again. Nothing was made.",
                "Bring it from a backup, as docs/recovery.md says (A lost ledger); Initialize-LoginDatabase -AcceptRestored makes an empty one.");
        }

        if (found is null)
        {
            return [.. exists ? [AddRelations(record)] : Array.Empty<string>(), $"INSERT INTO {record.Quoted} (version, made_by, {PlaceColumns}) SELECT {SchemaRecord.Current}, {Literal(ProgramVersion.Text)}, {place}"];
        }

        if (!acceptRestored && found.IsRewound)
        {
            throw await found.RewoundAsync(connection, table, cancellationToken).ConfigureAwait(false);
        }

        var statements = new List<string>();
        if (found.Version < SchemaRecord.Current)
        {
            statements.Add($"UPDATE {record.Quoted} SET version = {SchemaRecord.Current}, made_by = {Literal(ProgramVersion.Text)}");
        }

        if (!found.HasRelations)
        {
            statements.Add(AddRelations(record));
        }

        if (acceptRestored && (!found.IsSame || found.Replaced.Count > 0 || found.Timeline != found.RecordedTimeline))
        {
            statements.Add($"UPDATE {record.Quoted} SET ({PlaceColumns}) = (SELECT {place}), recorded_at = now()");
        }
        else if (!found.HasRelations || await IsStaleAsync(connection, record, relations, cancellationToken).ConfigureAwait(false))
        {
            // One that was missing is made anew.
            statements.Add($"UPDATE {record.Quoted} SET {SchemaNames.Relations} = {relations}");
        }

        return statements;
    }

    private static async Task<IReadOnlyList<QualifiedName>> MissingAsync(NpgsqlConnection connection, QualifiedName table, string[] names, CancellationToken cancellationToken)
    {
        var missing = new List<QualifiedName>();
        foreach (var relation in names.Select(table.Beside))
        {
            if ((await TableNames.ColumnsAsync(connection, relation, cancellationToken).ConfigureAwait(false)).Count == 0)
            {
                missing.Add(relation);
            }
        }

        return missing;
    }

    private static async Task<bool> IsStaleAsync(NpgsqlConnection connection, QualifiedName record, string relations, CancellationToken cancellationToken) =>
        (await connection.QueryAsync($"SELECT s.{SchemaNames.Relations}::text IS DISTINCT FROM {relations}::text FROM {record.Quoted} s", [], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];

    private static async Task<bool> IsKnownAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Savepoint = "login_etl_control";
        await connection.RunAsync($"SAVEPOINT {Savepoint}", cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.RunAsync($"SELECT {SchemaRecord.System}, {SchemaRecord.History}", cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException)
        {
            // Some hosted servers have no such functions, or give no right to them.
            await connection.RunAsync($"ROLLBACK TO {Savepoint}", cancellationToken).ConfigureAwait(false);
            return false;
        }
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
