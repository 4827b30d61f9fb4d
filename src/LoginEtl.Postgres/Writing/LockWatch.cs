using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Says who holds what a batch waits for. The server tells only while it waits: what ends at last is a call that took too
/// long, which looks like a server that does not answer.
/// </summary>
/// <param name="database">Asked on a connection of its own.</param>
/// <param name="told">Told every ten seconds; may be null.</param>
internal sealed class LockWatch(Database database, Action<string>? told)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    // Names without what a terminal would obey. Who runs what is told to members of pg_monitor alone; the name of a program
    // and of its account stand in the list of sessions for everybody.
    private const string Blockers =
        """
        SELECT pg_catalog.concat(a.pid, coalesce(pg_catalog.concat(' (', pg_catalog.regexp_replace(nullif(a.usename::text, ''), '[[:cntrl:]]', '?', 'g'), ')'), ''))
        FROM pg_catalog.pg_stat_activity a
        WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($1)) AND a.pid <> $1
        ORDER BY a.pid LIMIT 5
        """;

    /// <summary>What the latest batch waited for when it was last looked at: a sentence; null when it was no lock.</summary>
    public string? Locked { get; private set; }

    /// <summary>Does the work, and looks at what it waits for when it takes long.</summary>
    public async Task<T> WatchAsync<T>(NpgsqlConnection connection, Func<Task<T>> work)
    {
        Locked = null;
        using var done = new CancellationTokenSource();
        var watching = LookAsync(connection, done.Token);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    private async Task LookAsync(NpgsqlConnection connection, CancellationToken done)
    {
        var began = Environment.TickCount64;
        try
        {
            var session = connection.ProcessID;
            for (var wait = First; ; wait = Between)
            {
                await Task.Delay(wait, done).ConfigureAwait(false);
                var found = await database.Source.OpenConnectionAsync(done).ConfigureAwait(false);
                await using var _ = found.ConfigureAwait(false);
                var blockers = await found.QueryAsync(Blockers, [session], r => r.GetString(0), done).ConfigureAwait(false);
                Locked = blockers.Count == 0 ? null
                    : $"The batch waits for a lock at {database.Endpoint} that session {string.Join(", ", blockers)} of the database holds.";
                if (Locked is not null)
                {
                    told?.Invoke($"{Locked} It waits for {(Environment.TickCount64 - began) / 1000} s; nothing is lost meanwhile.");
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException || DatabaseFault.IsOfDatabase(e))
        {
            // It is over; or the connection is broken and there is nobody to ask, which the work itself will tell of.
        }
    }
}
