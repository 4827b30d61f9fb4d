using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Lets the ledger forget old entries beside a run, and deletes what is past its retention, once at its begin and then once an
/// hour, on a connection of its own. A run never waits for it and never fails with it; where a function is missing, nothing is
/// deleted, and Test-LoginEtl says so.
/// </summary>
/// <param name="database">Stays the caller's.</param>
/// <param name="table">The user's, as the run knows it.</param>
internal sealed class Tidying(Database database, Func<LiveTable> table) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // Between two calls, so that the run's own work comes first.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private Task _tidying = Task.CompletedTask;
    private long? _begunAt;

    /// <summary>Call it at the run's begin and between batches: begins when it is time. Does not wait.</summary>
    public void Begin()
    {
        var now = Environment.TickCount64;
        if (_tidying.IsCompleted && (_begunAt is not { } last || now - last >= Every.TotalMilliseconds))
        {
            _begunAt = now;
            var live = table();
            _tidying = Task.Run(async () =>
            {
                await CallAsync((_, _) => Task.FromResult<DefinerFunction?>(new PruneFunction(live.Name))).ConfigureAwait(false);
                await CallAsync(async (connection, token) => await RetainFunction.FindAsync(connection, live, token).ConfigureAwait(false)).ConfigureAwait(false);
            });
        }
    }

    /// <summary>Stops it; what a call was deleting stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _tidying.ConfigureAwait(false);
        _stop.Dispose();
    }

    // Until nothing is left. What goes wrong with one function is none of the other's.
    private async Task CallAsync(Func<NpgsqlConnection, CancellationToken, Task<DefinerFunction?>> find)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            while (await find(connection, _stop.Token).ConfigureAwait(false) is { } function && await CallAsync(connection, function).ConfigureAwait(false) >= DefinerFunction.Most)
            {
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The next run, or the next hour, goes on.
        }
    }

    /// <summary>How much was deleted; nothing where that cannot be, or must not.</summary>
    private async Task<long> CallAsync(NpgsqlConnection connection, DefinerFunction function)
    {
        // Looked at first: an error would stand in the server's log every hour, and what is not ours is not called.
        var state = await function.StateAsync(connection, role: null, _stop.Token).ConfigureAwait(false);
        if (!state.IsCallable || await function.ObstacleAsync(connection, state, _stop.Token).ConfigureAwait(false) is not null)
        {
            return 0;
        }

        // It looks itself, behind its own locks, at what stands on what it deletes from.
        return (await connection.QueryAsync($"SELECT {function.Name.Quoted}({DefinerFunction.Most})", [], r => r.GetInt64(0), _stop.Token).ConfigureAwait(false))[0];
    }
}
