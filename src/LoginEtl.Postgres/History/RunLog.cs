using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.History;

/// <summary>
/// The row of one run beside its table: made before the first message, counted up in each batch's own transaction, kept
/// fresh while nothing is written, and ended by the run. Only its begin can fail a run, as the table being away can.
/// </summary>
/// <param name="database">Stays the caller's.</param>
/// <param name="table">The user's.</param>
/// <param name="isChained">Its receipt is added to those beside the table.</param>
internal sealed class RunLog(Database database, QualifiedName table, bool isChained) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    // The next run tells of the rest.
    private const int MostLost = 10;
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(5);

    // A link that is cut must not leave the row locked.
    private const string Bound = "SET LOCAL idle_in_transaction_session_timeout = '30s'";

    private readonly Guid _id = BatchIds.NewRun();
    private readonly QualifiedName _runs = table.Beside(SchemaNames.Runs);
    private readonly ReceiptChain? _chain = isChained ? new ReceiptChain(table) : null;
    private readonly CancellationTokenSource _stop = new();
    private Task _fresh = Task.CompletedTask;
    private List<string> _lost = [];
    private DateTimeOffset _oldest = DateTimeOffset.UtcNow;
    private uint _batches;
    private long _seenAt;

    /// <summary>Whether the row was made: only then the rest does something.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The id of the next batch, which says of which run it is; of none where no row was made.</summary>
    public Guid NextBatch() => HasBegun ? BatchIds.Of(_id, ++_batches) : BatchIds.OfNoRun();

    /// <summary>Makes the row, and takes note of runs that were lost; answers what is to be said of those, once.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="source">The queue's name; null where it is not known yet.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="LoginEtlException"><c>ForeignObject</c>.</exception>
    public async Task<IReadOnlyList<string>> BeginAsync(NpgsqlConnection connection, string? source, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await connection.RunAsync(Bound, cancellationToken).ConfigureAwait(false);
        await LockAsync(connection, cancellationToken).ConfigureAwait(false);
        var lost = await connection.QueryAsync(
            $"""
            UPDATE {_runs.Quoted} SET state = 'lost' WHERE id = ANY (ARRAY(
                SELECT id FROM {_runs.Quoted} WHERE {RunRow.IsSilent} ORDER BY seen_at LIMIT {MostLost} FOR UPDATE SKIP LOCKED))
            RETURNING pg_catalog.left(host, 100), pg_catalog.left(source, 100), {Queries.Readable("started_at")}, {Queries.Readable("seen_at")}, written, id
            """,
            [], r => (Id: r.GetGuid(5), Said: Lost(r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1), r.GetDateTime(2), r.GetDateTime(3), r.GetInt64(4))), cancellationToken).ConfigureAwait(false);
        // A try whose answer was lost may have taken note of them, and made the row.
        _lost = lost.Count > 0 ? [.. lost.Select(l => l.Said)] : _lost;
        await connection.RunAsync(
            $"INSERT INTO {_runs.Quoted} (id, source, host, program) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
            [_id, Nullable(source), Environment.MachineName, ProgramVersion.Text], cancellationToken).ConfigureAwait(false);
        foreach (var run in lost.Select(l => l.Id).Append(_id))
        {
            await AddReceiptAsync(connection, run, oldest: null, cancellationToken).ConfigureAwait(false);
        }

        await ForeignObjects.CommitAsync(transaction, table, Written, cancellationToken).ConfigureAwait(false);
        HasBegun = true;
        Seen();
        _fresh = Task.Run(KeepFreshAsync, CancellationToken.None);
        return _lost;
    }

    /// <summary>Counts a batch, in its transaction, behind the lock of the relation.</summary>
    /// <param name="connection">In the transaction.</param>
    /// <param name="settled">What this batch settles now, and when it was sent; duplicates and what goes back are not among it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task CountAsync(NpgsqlConnection connection, IEnumerable<(Outcome Outcome, DateTimeOffset? Sent)> settled, CancellationToken cancellationToken)
    {
        var counts = new RunCounts();
        counts.Add([.. settled.Select(s => s.Outcome)]);
        _oldest = settled.Min(s => s.Sent) is { } sent && sent < _oldest ? sent : _oldest;
        await connection.RunAsync(
            $"""
            UPDATE {_runs.Quoted} SET state = 'running', seen_at = now(), batches = batches + 1,
                written = written + $2, updated = updated + $3, skipped = skipped + $4, quarantined = quarantined + $5, suppressed = suppressed + $6
            WHERE id = $1
            """,
            [_id, counts[Outcome.Written], counts[Outcome.Updated], counts[Outcome.Skipped], counts[Outcome.Quarantined], counts[Outcome.Suppressed]],
            cancellationToken).ConfigureAwait(false);
        Seen();
    }

    /// <summary>Ends it. Never throws: a row that cannot be ended counts as lost in a few minutes.</summary>
    /// <returns>The receipt's entry in the chain; null where it has none.</returns>
    public async Task<string?> EndAsync(Receipt receipt)
    {
        if (!HasBegun)
        {
            return null;
        }

        HasBegun = false;
        await StopAsync().ConfigureAwait(false);
        using var late = new CancellationTokenSource(LongestEnd);
        return await TryAsync(
            async (connection, token) =>
            {
                await connection.RunAsync(
                    $"""
                    UPDATE {_runs.Quoted} SET state = $2, seen_at = now(), ended_at = now(), source = coalesce(source, $3), ended = $4, error = $5,
                        received = $6, duplicate = $7, returned = $8, lapsed = $9, unknown = $10, undeleted = $11
                    WHERE id = $1
                    """,
                    [
                        _id, RunRow.Text(Enum.Parse<LoginRunState>($"{receipt.Outcome}")), receipt.Source, Nullable(receipt.Ended?.ToString()), Nullable(receipt.ErrorId),
                        receipt.Received, receipt.Duplicate, receipt.Returned, receipt.Lapsed, receipt.Unknown, receipt.Undeleted,
                    ],
                    token).ConfigureAwait(false);
                return await AddReceiptAsync(connection, _id, _oldest, token).ConfigureAwait(false);
            },
            late.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _fresh.ConfigureAwait(false);
    }

    private async Task KeepFreshAsync()
    {
        using var timer = new PeriodicTimer(Every);
        while (await NextAsync(timer).ConfigureAwait(false))
        {
            if (Environment.TickCount64 - Interlocked.Read(ref _seenAt) >= Every.TotalMilliseconds / 2)
            {
                await TryAsync(
                    async (connection, token) =>
                    {
                        await connection.RunAsync($"UPDATE {_runs.Quoted} SET state = 'running', seen_at = now() WHERE id = $1", [_id], token).ConfigureAwait(false);
                        return null;
                    },
                    _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<string?> TryAsync(Func<NpgsqlConnection, CancellationToken, Task<string?>> work, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = connection.ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            await connection.RunAsync(Bound, cancellationToken).ConfigureAwait(false);
            await LockAsync(connection, cancellationToken).ConfigureAwait(false);
            var result = await work(connection, cancellationToken).ConfigureAwait(false);
            await ForeignObjects.CommitAsync(transaction, table, Written, cancellationToken).ConfigureAwait(false);
            Seen();
            return result;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The next time, or the next run, says what there is to say.
            return null;
        }
    }

    private string[] Written => _chain is null ? [SchemaNames.Runs] : [SchemaNames.Runs, SchemaNames.Receipts];

    private Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => WriteLock.TakeAsync(
        connection, table, [WriteLock.ToUpdate(_runs, "state"), .. _chain is null ? [] : new[] { _chain.ToAdd }], Written, cancellationToken);

    private Task<string?> AddReceiptAsync(NpgsqlConnection connection, Guid run, DateTimeOffset? oldest, CancellationToken cancellationToken) =>
        _chain?.AddAsync(connection, run, oldest, cancellationToken) ?? Task.FromResult<string?>(null);

    private void Seen() => Interlocked.Exchange(ref _seenAt, Environment.TickCount64);

    // Whoever may write there may have written any text.
    private static string Lost(string host, string? source, DateTime startedAt, DateTime seenAt, long written) => string.Create(
        CultureInfo.InvariantCulture,
        $"A run of {startedAt:yyyy-MM-dd HH:mm:ss}Z on {Quotable.Show(host)}{(source is null ? "" : $" from {Quotable.Show(source)}")} was last heard of at {seenAt:HH:mm:ss}Z and has not ended: it was killed, or had no database at its end. The {written} rows it wrote stand; what it did not write is in its queue again.");

    private static NpgsqlParameter Nullable(string? text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)text ?? DBNull.Value };
}
