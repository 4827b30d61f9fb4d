using LoginEtl.Keysets;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Schema;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>What holds in every transaction that writes, set in one round trip.</summary>
/// <param name="table">The user's table, with the keys' states beside it.</param>
/// <param name="holdsKeys">
/// Keeps the keys' states as they are until the transaction ends. Not for a dry run, which would keep everybody from
/// retiring a key for as long as it goes on.
/// </param>
internal sealed class TransactionStart(QualifiedName table, bool holdsKeys = true)
{
    // Constraints that wait for COMMIT would fail a batch when its rows can no longer be told apart. The last setting
    // ends a transaction whose client is gone without a word, and frees its locks. The states are a statement of their
    // own, behind the lock.
    private readonly string _start =
        $"""
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT now(),
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END,
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
               {(holdsKeys ? $", {KeyLock.Shared(table.Beside(SchemaNames.Keys))}" : "")};
        SELECT attribute, method, prefix, state FROM {table.Beside(SchemaNames.Keys).Quoted} WHERE state <> '{StoredStates.Primary}'
        """;

    /// <summary>Sets it, and answers what was found.</summary>
    public async Task<TransactionFacts> RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_start, connection);
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var now = reader.GetDateTime(0);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var retired = new List<StoredKey>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            retired.Add(new StoredKey(reader.GetString(0), reader.GetString(1), reader.GetString(2), StoredStates.Parse(reader.GetString(3))));
        }

        return new TransactionFacts(now, new RetiredKeys(retired));
    }
}
