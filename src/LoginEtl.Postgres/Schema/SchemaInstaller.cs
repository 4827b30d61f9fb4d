using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>Creates what is missing, in one transaction. Never changes or drops what is there.</summary>
internal sealed class SchemaInstaller(Database database, string table)
{
    // Any number, the same in every process: "LoginEtl" in ASCII.
    private const long AdvisoryLock = 0x4C6F67696E45746C;

    /// <summary>The statements that were run, or with <paramref name="planOnly"/> those that would be.</summary>
    public async Task<IReadOnlyList<string>> InstallAsync(bool planOnly, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            if (!planOnly)
            {
                // CREATE … IF NOT EXISTS alone can fail when two processes run it at once.
                await connection.RunAsync($"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken).ConfigureAwait(false);
            }

            var statements = await PlanAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var statement in planOnly ? [] : statements)
            {
                await connection.RunAsync(statement, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return statements;
        }
        catch (PostgresException e) when (TableNames.IsInvalid(e))
        {
            throw TableNames.Invalid(table);
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, database.Endpoint);
        }
    }

    private async Task<List<string>> PlanAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var name = await TableNames.FindAsync(connection, table, cancellationToken).ConfigureAwait(false);
        var existing = name is null ? null : await TableNames.ExistingAsync(connection, name.Schema, cancellationToken).ConfigureAwait(false);
        if (name is null)
        {
            name = await TableNames.ParseAsync(connection, table, cancellationToken).ConfigureAwait(false);
            existing = await TableNames.ExistingAsync(connection, name.Schema, cancellationToken).ConfigureAwait(false);
        }

        var statements = new List<string>();
        if (existing is null)
        {
            statements.Add(SchemaStatements.CreateSchema(name.Schema));
            existing = [];
        }

        if (!existing.Contains(name.Name))
        {
            statements.Add(SchemaStatements.CreateTable(name));
        }

        statements.AddRange(SchemaNames.All.Where(r => !existing.Contains(r)).Select(r => SchemaStatements.Create(name.Beside(r))));
        return statements;
    }
}
