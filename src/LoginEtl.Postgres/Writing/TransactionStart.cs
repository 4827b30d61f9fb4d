using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>What holds in every transaction that writes.</summary>
internal static class TransactionStart
{
    // Constraints that wait for COMMIT would fail a batch when its rows can no longer be told apart. The last setting
    // ends a transaction whose client is gone without a word, and frees its locks.
    private const string Start =
        """
        SET CONSTRAINTS ALL IMMEDIATE;
        SELECT now(),
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0' THEN set_config('idle_in_transaction_session_timeout', '120s', true) END,
               CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
        """;

    /// <summary>Sets it, and answers the transaction's time by the server's clock (UTC).</summary>
    public static async Task<DateTime> RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Start, connection);
        await using var _ = command.ConfigureAwait(false);
        return (DateTime)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
