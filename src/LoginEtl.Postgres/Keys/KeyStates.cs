using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Tokens;
using Npgsql;

namespace LoginEtl.Postgres.Keys;

/// <summary>The keys beside a table, read and set.</summary>
internal sealed class KeyStates(QualifiedName keys)
{
    // Under the driver's own timeout, so that the server's answer says what it was.
    // A host that is gone, or whose keys' service does not answer, must not keep all writers waiting.
    private const string Wait = "SET LOCAL lock_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

    private const string MayChange = "SELECT bool_and(pg_catalog.has_table_privilege($1, p)) FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']::text[]) p";

    // A key that waits is told of after the one that is primary, and made primary at the same moment as that is retired: by this
    // a host tells whether it is led back to an older key.
    private readonly string _set =
        $"""
        INSERT INTO {keys.Quoted} AS k (attribute, method, prefix, state, check_value, changed_at)
        SELECT u.attribute, u.method, u.prefix, u.state, u.check_value, clock_timestamp()
        FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY AS u(attribute, method, prefix, state, check_value, place) ORDER BY u.state <> 'primary', u.place
        ON CONFLICT (attribute, prefix) DO UPDATE SET state = excluded.state, check_value = CASE WHEN {IsShorter} THEN excluded.check_value ELSE k.check_value END,
            changed_at = CASE WHEN k.state = excluded.state THEN k.changed_at ELSE now() END
        WHERE k.state <> excluded.state OR {IsShorter}
        """;

    // Not told, or the beginning of it.
    private const string IsShorter = "(excluded.check_value IS NOT NULL AND (k.check_value IS NULL OR (length(k.check_value) < length(excluded.check_value) AND starts_with(excluded.check_value, k.check_value))))";

    /// <summary>A query for all of them, which <see cref="Read"/> reads.</summary>
    public static string Query(QualifiedName keys) => $"SELECT attribute, method, prefix, state, changed_at, check_value FROM {keys.Quoted} ORDER BY attribute, changed_at, prefix";

    /// <summary>One of <see cref="Query"/>. Its method is what the prefix says: who may register keys may write another beside it.</summary>
    public static StoredKey Read(NpgsqlDataReader row)
    {
        var key = new StoredKey(row.GetString(0), row.GetString(1), row.GetString(2), StoredStates.Parse(row.GetString(3)))
        {
            ChangedAt = row.GetDateTime(4),
            CheckValue = row.IsDBNull(5) ? null : row.GetString(5),
        };
        return key.IsWellFormed ? key with { Method = TokenPrefix.MethodOf(key.Prefix) } : key;
    }

    /// <summary>All of them that are about keys.</summary>
    public async Task<IReadOnlyList<StoredKey>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync(Query(keys), [], Read, cancellationToken).ConfigureAwait(false)).Where(k => k.IsWellFormed)];

    /// <summary>Sets some when every batch under way has ended.</summary>
    /// <exception cref="LoginEtlException"><c>KeysBusy</c>, <c>TableAccessDenied</c>, <c>ForeignObject</c>.</exception>
    public async Task ChangeAsync(
        NpgsqlConnection connection, QualifiedName table, Func<IReadOnlyList<StoredKey>, IReadOnlyCollection<StoredKey>> decide, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await connection.RunAsync(Wait, cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.RunAsync(KeyLock.Alone(keys), cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new LoginEtlException(
                ErrorId.KeysBusy, "A writer's batch did not end within 20 s, and until it does no key's state can change. Nothing was changed.",
                "Look for a transaction that hangs (pg_stat_activity), then run again.");
        }

        if (!(await connection.QueryAsync(MayChange, [keys.Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not change the states of keys in {keys}. Nothing was changed.",
                $"GRANT SELECT, INSERT, UPDATE ON {keys} TO the user, as Initialize-LoginDatabase -Role does for login_etl_key_keeper.");
        }

        // A file may be changed by what is decided, so what can stand against it is found before: whoever changes rows by hand and
        // does not commit, what a stranger puts there, and a server that takes no writes.
        try
        {
            await connection.RunAsync($"LOCK TABLE {keys.Quoted} IN SHARE ROW EXCLUSIVE MODE", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new LoginEtlException(
                ErrorId.KeysBusy, $"Somebody has changed {keys} and not committed for 20 s, and until then no key's state can change. Nothing was changed.",
                "Look for a transaction that hangs (pg_stat_activity), then run again.");
        }

        await ForeignObjects.RequireNoneAsync(connection, table, [SchemaNames.Keys], cancellationToken).ConfigureAwait(false);
        await connection.RunAsync($"UPDATE {keys.Quoted} SET state = state WHERE false", cancellationToken).ConfigureAwait(false);
        var wanted = decide(await ListAsync(connection, cancellationToken).ConfigureAwait(false));
        if (wanted.Count == 0)
        {
            return;
        }

        object[] parameters =
        [
            wanted.Select(k => k.Attribute).ToArray(), wanted.Select(k => k.Method).ToArray(), wanted.Select(k => k.Prefix).ToArray(),
            wanted.Select(k => StoredStates.Text(k.State)).ToArray(), wanted.Select(k => k.CheckValue).ToArray(),
        ];
        // What was decided may be in a file by now: nobody calls it off any more.
        await connection.RunAsync(_set, parameters, CancellationToken.None).ConfigureAwait(false);
        await ForeignObjects.CommitAsync(transaction, table, [SchemaNames.Keys], CancellationToken.None).ConfigureAwait(false);
    }
}
