using LoginEtl.Faults;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>Creates what is missing, in one transaction.</summary>
internal sealed class SchemaInstaller(Database database, DatabaseSettings settings, SchemaOptions options)
{
    // Any number, the same in every process: "LoginEtl" in ASCII.
    private const long AdvisoryLock = 0x4C6F67696E45746C;

    private const string Savepoint = "login_etl";

    /// <summary>The statements that were run, or those that would be.</summary>
    public async Task<IReadOnlyList<string>> InstallAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            if (options.PlanOnly)
            {
                await connection.RunAsync("SET TRANSACTION READ ONLY", cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // CREATE … IF NOT EXISTS alone can fail when two processes run it at once.
                await connection.RunAsync($"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken).ConfigureAwait(false);
            }

            var (table, statements) = await new SchemaPlan(connection, settings, options).MakeAsync(cancellationToken).ConfigureAwait(false);
            if (options.PlanOnly)
            {
                await WarnOfOwnersAsync(connection, table, cancellationToken).ConfigureAwait(false);
                return statements;
            }

            // Building and rewriting take as long as the table is large; waiting for others does not.
            await connection.RunAsync($"SET LOCAL lock_timeout = {(long)settings.Timeout.TotalMilliseconds}", cancellationToken).ConfigureAwait(false);
            foreach (var statement in statements)
            {
                // Rows come into these two.
                foreach (var filled in new[] { SchemaNames.Keys, SchemaNames.Schema }.Where(f => Fills(statement, table.Beside(f))))
                {
                    await WriteLock.TakeAsync(connection, table, [$"LOCK TABLE {table.Beside(filled).Quoted} IN ROW EXCLUSIVE MODE"], [filled], cancellationToken).ConfigureAwait(false);
                }

                try
                {
                    await RunAsync(transaction, statement, cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && SchemaStatements.IsAddKey(statement))
                {
                    var relation = table.Beside(e.TableName!);
                    throw new LoginEtlException(
                        ErrorId.LedgerUnsuitable, $"{relation} has no unique index, and something is in it twice by now, so none can be made. Nothing was changed.",
                        $"Keep one of each and run again: DELETE FROM {relation.Quoted} a USING {relation.Quoted} b WHERE a.ctid > b.ctid AND {string.Join(" AND ", SchemaNames.KeyOf(relation.Name)!.Select(c => $"a.{c} = b.{c}"))}. Rows of the table that were written twice stay.");
                }
            }

            await WarnOfOwnersAsync(connection, table, cancellationToken).ConfigureAwait(false);

            // One that another made meanwhile was waited for, and may be any.
            if (options.Roles && await RoleGrants.StrangerAsync(connection, cancellationToken).ConfigureAwait(false) is { } stranger)
            {
                throw stranger;
            }

            if (options.Analysis && await LiveTableReader.ReadAsync(connection, settings, cancellationToken).ConfigureAwait(false) is { } live)
            {
                await AnalysisPlan.ReadAsync(connection, live, isNew: false, cancellationToken).ConfigureAwait(false);
            }

            await ForeignObjects.CommitAsync(transaction, table, SchemaNames.AllAndIndexes, cancellationToken).ConfigureAwait(false);
            return statements;
        }
        catch (PostgresException e) when (TableNames.IsOfAnotherDatabase(e))
        {
            throw TableNames.OfAnotherDatabase();
        }
        catch (PostgresException e) when (TableNames.IsInvalid(e))
        {
            throw TableNameText.Invalid();
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, database.Endpoint);
        }
    }

    private static bool Fills(string statement, QualifiedName relation) =>
        statement.StartsWith($"INSERT INTO {relation.Quoted} ", StringComparison.Ordinal) || statement.StartsWith($"UPDATE {relation.Quoted} ", StringComparison.Ordinal);

    private async Task WarnOfOwnersAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        if (options.Warned is not { } warned)
        {
            return;
        }

        var live = await LiveTableReader.ReadAsync(connection, settings, cancellationToken).ConfigureAwait(false);
        var retain = live is null ? null : await RetainFunction.FindAsync(connection, live, cancellationToken).ConfigureAwait(false);
        foreach (var function in new DefinerFunction?[] { new PruneFunction(table), retain }.OfType<DefinerFunction>())
        {
            var state = await function.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false);
            if (state.Lesser is not null)
            {
                var (detail, remedy) = function.Mightier(state);
                warned($"{detail}. {remedy}");
            }
            else if (await function.ObstacleAsync(connection, state, cancellationToken).ConfigureAwait(false) is { } obstacle)
            {
                warned($"{obstacle}.");
            }
        }
    }

    private static async Task RunAsync(NpgsqlTransaction transaction, string statement, CancellationToken cancellationToken)
    {
        if (!RoleGrants.IsCreateRole(statement))
        {
            await transaction.Connection!.RunAsync(statement, Queries.WholeTableSeconds, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Roles are the whole server's, and the advisory lock only this database's: another one may make them now.
        await transaction.SaveAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        try
        {
            await transaction.Connection!.RunAsync(statement, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        }
    }
}
