using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Schema;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Lets the ledger forget old entries beside a run, once at its begin and then once an hour, on a connection of its own.
/// A run never waits for it and never fails with it; where the function is missing, nothing is forgotten, and
/// Test-LoginEtl says so.
/// </summary>
internal sealed class LedgerPruning(Database database, QualifiedName table) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // Between two calls, so that the run's own work comes first.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private Task _pruning = Task.CompletedTask;
    private long? _begunAt;

    /// <summary>Call it between batches: begins when it is time. Does not wait.</summary>
    public void Begin()
    {
        var now = Environment.TickCount64;
        if (_pruning.IsCompleted && (_begunAt is not { } last || now - last >= Every.TotalMilliseconds))
        {
            _begunAt = now;
            _pruning = Task.Run(PruneAsync);
        }
    }

    /// <summary>Stops it; what a call was deleting stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pruning.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task PruneAsync()
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            while (await CallAsync(connection).ConfigureAwait(false) >= PruneFunction.Most)
            {
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The next run, or the next hour, goes on.
        }
    }

    /// <summary>How many entries were forgotten; none where that cannot be, or must not.</summary>
    private async Task<long> CallAsync(NpgsqlConnection connection)
    {
        // Looked at first: an error would stand in the server's log every hour, and what is not ours is not called.
        if (await PruneFunction.StateAsync(connection, table, role: null, _stop.Token).ConfigureAwait(false) is not { IsGranted: true, IsCurrent: true, Stranger: null, LesserOwner: null, Rival: null })
        {
            return 0;
        }

        // It looks itself, behind its own lock, at what stands on the ledger.
        var forgotten = await connection.QueryAsync(
            $"SELECT {table.Beside(PruneFunction.Name).Quoted}({PruneFunction.Most})", [], r => r.GetInt64(0), _stop.Token).ConfigureAwait(false);
        return forgotten[0];
    }
}
