using System.Data;
using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Quarantine;
using LoginEtl.Subjects;
using Npgsql;

namespace LoginEtl.Postgres.Subjects;

/// <summary>Has a person's data removed: again and again until its witness is told, and from then on once.</summary>
/// <param name="database">Stays the caller's.</param>
/// <param name="queries">Of the person.</param>
/// <param name="erase">All but the commit.</param>
internal sealed class SubjectEraser(Database database, SubjectQueries queries, EraseTransaction erase)
{
    private static readonly TimeSpan RetryFor = TimeSpan.FromMinutes(1);
    private static readonly string[] s_written = [SchemaNames.Quarantine, SchemaNames.Vault];

    /// <summary>Removes it.</summary>
    /// <param name="dismissal">Why.</param>
    /// <param name="witness">Told what is about to be committed.</param>
    /// <param name="cancellationToken">Not heeded any more once the witness is told.</param>
    /// <exception cref="LoginEtlException"><c>RemovalUnknown</c>, and what stands against it: nothing was removed.</exception>
    public async Task<SubjectCounts> RunAsync(Dismissal dismissal, Func<SubjectCounts, Task> witness, CancellationToken cancellationToken)
    {
        var retry = new FaultRetry(RetryFor, database.Endpoint);
        while (true)
        {
            var isWitnessed = false;
            try
            {
                var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                await SchemaRecord.RequireAsync(connection, queries.Table, cancellationToken, [.. SchemaNames.TrustedByRuns, SchemaNames.Vault]).ConfigureAwait(false);
                await SubjectRights.RequireErasableAsync(connection, queries, cancellationToken).ConfigureAwait(false);
                var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
                await using var __ = transaction.ConfigureAwait(false);
                var counts = await erase.RunAsync(connection, dismissal, cancellationToken).ConfigureAwait(false);
                await ForeignObjects.RequireNoneAsync(connection, queries.Table, s_written, cancellationToken).ConfigureAwait(false);
                isWitnessed = true;
                await witness(counts).ConfigureAwait(false);
                await CommitAsync(transaction).ConfigureAwait(false);
                return counts;
            }
            catch (Exception e) when (FaultRetry.Concerns(e) && !isWitnessed)
            {
                await retry.WaitAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task CommitAsync(NpgsqlTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!DatabaseFault.IsTransient(e))
        {
            // The server's own word that it did not take place.
            throw DatabaseFault.From(e, database.Endpoint);
        }
        catch (Exception e) when (FaultRetry.Concerns(e, commitInDoubt: true))
        {
            throw new LoginEtlException(
                ErrorId.RemovalUnknown, $"The answer to the COMMIT is missing ({DatabaseFault.From(e, database.Endpoint).Message}): whether the data was removed from {queries.Table} is not known. The audit says that it was begun.",
                "Run it again: it removes what is left, and says in the audit how much that was.")
            { CommitUnknown = true };
        }
    }
}
