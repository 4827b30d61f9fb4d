using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Schema;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>What must hold before the first message is taken for a table: server, table, ledgers, rights, durability.</summary>
internal static class Preflight
{
    private const int OldestServer = 130000;

    private const string Server =
        """
        SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('fsync') = 'on', pg_is_in_recovery()
        """;

    // UPDATE (outcome): a row that the database refuses is settled as quarantined after its ledger entry was made.
    private const string Beside =
        """
        SELECT c.relname, c.relpersistence = 'p', c.relkind IN ('r', 'p'),
               ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
               has_table_privilege(c.oid, 'INSERT') AND (c.relname = $3 OR (has_table_privilege(c.oid, 'SELECT')
                   AND coalesce(has_column_privilege(c.oid, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'outcome'), 'UPDATE'), false)))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY($2)
        """;

    /// <exception cref="LoginEtlException">Something stands against writing.</exception>
    /// <exception cref="NpgsqlException">The server failed; not yet in the module's words.</exception>
    public static async Task<TargetTable> CheckAsync(
        NpgsqlConnection connection, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        await CheckServerAsync(connection, cancellationToken).ConfigureAwait(false);
        LiveTable? table;
        try
        {
            table = await LiveTableReader.ReadAsync(connection, settings.Table, cancellationToken).ConfigureAwait(false);
            if (table is null)
            {
                await TableNames.ParseAsync(connection, settings.Table, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (PostgresException e) when (TableNames.IsInvalid(e))
        {
            throw TableNames.Invalid(settings.Table);
        }

        if (table is null)
        {
            throw new LoginEtlException(
                "TableNotFound", FaultKind.NotFound, $"There is no table {settings.Table} in the database.",
                "Create it with Initialize-LoginDatabase, or name another with -Table; a name with capitals needs double quotes.");
        }

        var target = TargetCheck.Match(table, options);
        await CheckBesideAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        return target;
    }

    private static async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var answer = await connection.QueryAsync(
            Server, [], r => (Version: r.GetInt32(0), Encoding: r.GetString(1), Fsync: r.GetBoolean(2), IsStandby: r.GetBoolean(3)),
            cancellationToken).ConfigureAwait(false);
        var server = answer[0];
        if (server.Version < OldestServer)
        {
            throw Misconfigured("DatabaseTooOld", "The server is older than PostgreSQL 13.", "Upgrade it.");
        }

        if (server.Encoding != "UTF8")
        {
            throw Misconfigured("DatabaseEncoding", $"The database's encoding is {server.Encoding}, which cannot hold every text.", "Create the database with ENCODING 'UTF8'.");
        }

        if (!server.Fsync)
        {
            throw Misconfigured("DatabaseNotDurable", "The server runs with fsync = off: a crash loses rows whose messages are already deleted.", "Set fsync = on and reload the server.");
        }

        if (server.IsStandby)
        {
            throw Misconfigured("DatabaseReadOnly", "The server is a standby and takes no writes.", "Name the primary.");
        }
    }

    private static async Task CheckBesideAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            Beside, [table.Schema, SchemaNames.All, SchemaNames.Quarantine],
            r => (Name: r.GetString(0), IsLogged: r.GetBoolean(1), IsTable: r.GetBoolean(2), Columns: r.GetFieldValue<string[]>(3), Granted: r.GetBoolean(4)),
            cancellationToken).ConfigureAwait(false);
        foreach (var name in SchemaNames.All)
        {
            var relation = table.Beside(name);
            if (found.FirstOrDefault(f => f.Name == name) is not { Name: not null } it)
            {
                throw new LoginEtlException(
                    "LedgerNotFound", FaultKind.NotFound, $"There is no {relation}, without which nothing keeps messages from being written twice.",
                    "Create it with Initialize-LoginDatabase.");
            }

            if (!it.IsTable || SchemaNames.ColumnsOf(name).Except(it.Columns).Any())
            {
                throw Misconfigured("LedgerUnsuitable", $"{relation} is not the table this version makes.", "Move it out of the way, then run Initialize-LoginDatabase.");
            }

            if (!it.IsLogged)
            {
                throw Misconfigured("DatabaseNotDurable", $"{relation} is UNLOGGED: a crash empties it.", $"ALTER TABLE {relation} SET LOGGED.");
            }

            if (!it.Granted)
            {
                throw new LoginEtlException(
                    "TableAccessDenied", FaultKind.Denied, $"The user may not write {relation}.",
                    name == SchemaNames.Quarantine ? $"GRANT INSERT ON {relation} TO the user." : $"GRANT SELECT, INSERT, UPDATE (outcome) ON {relation} TO the user.");
            }
        }
    }

    private static LoginEtlException Misconfigured(string id, string message, string remedy) => new(id, FaultKind.Configuration, message, remedy);
}
