using System.Globalization;
using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// The batches that this run has committed, by an entry of each. While the last one's is in the ledger, so are those
/// before it; when it is not, the database went back to an earlier point under the run.
/// </summary>
internal sealed class CommittedBatches(QualifiedName table)
{
    // What is told of a database that went back by more than these is that all of them are missing.
    private const int Most = 10_000;

    private readonly Queue<(Guid Key, bool IsLine, int Messages, DateTimeOffset At, DateTimeOffset Until)> _batches = new();
    private (Guid Key, bool IsLine, DateTimeOffset Until)? _last;

    /// <summary>An expression: the last batch is in the ledger, unless it may have been forgotten by now.</summary>
    public string LastIsThere => _last is not var (key, isLine, until) || DateTimeOffset.UtcNow >= until ? "true"
        : $"EXISTS (SELECT FROM {Ledger(isLine)} WHERE key = '{key}')";

    /// <summary>Adds a batch that stands.</summary>
    public void Add(BatchPlan plan, IReadOnlyList<Outcome> outcomes)
    {
        // A try whose COMMIT did not arrive may have been followed by one that held all back.
        if (plan.Added is not { } item || outcomes[item.Ordinal] == Outcome.Returned)
        {
            return;
        }

        var now = DateTimeOffset.UtcNow;
        _last = (item.Key, item.IsLine, MayBeForgotten(item, now));
        _batches.Enqueue((item.Key, item.IsLine, plan.Size, now, _last.Value.Until));
        if (_batches.Count > Most)
        {
            _batches.Dequeue();
        }
    }

    // A day before it is, by the server's clock.
    private static DateTimeOffset MayBeForgotten(BatchItem item, DateTimeOffset now) =>
        item.IsLine ? DateTimeOffset.MaxValue
        : item.Login.GetDelivery() is QueueDelivery { Group: null, SentTimestamp: { } sent } delivery && LedgerKey.OfSender(delivery) is null ? sent + LedgerAges.Horizon
        : now + LedgerAges.Horizon;

    /// <summary>The fault of a database that has lost the last batch: says which ones it has lost.</summary>
    public async Task<LoginEtlException> LostAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var there = new HashSet<Guid>();
        foreach (var group in _batches.GroupBy(b => b.IsLine))
        {
            there.UnionWith(await connection.QueryAsync(
                $"SELECT key FROM {Ledger(group.Key)} WHERE key = ANY ($1)", [group.Select(b => b.Key).ToArray()], r => r.GetGuid(0), cancellationToken).ConfigureAwait(false));
        }

        var lost = _batches.Where(b => !there.Contains(b.Key) && b.Until > DateTimeOffset.UtcNow).ToList();
        return new LoginEtlException(
            ErrorId.DatabaseRewound,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The database of {table} has lost {lost.Count} batches of this run, with {lost.Sum(b => b.Messages)} messages, committed from {lost.Min(b => b.At):yyyy-MM-dd HH:mm:ss}Z to {lost.Max(b => b.At):yyyy-MM-dd HH:mm:ss}Z: ")
            + "it was restored to an earlier point, failed over to a server that had not all, or entries of the ledger were deleted. Their messages are deleted from the queue. Nothing more was written or deleted.",
            "Look for lost rows, erasures, keys and audit lines as docs/recovery.md says; then run again.");
    }

    private string Ledger(bool isLine) => table.Beside(isLine ? SchemaNames.FileLedger : SchemaNames.Ledger).Quoted;
}
