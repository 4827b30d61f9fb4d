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

    private readonly Queue<(Guid Key, bool IsLine, int Messages, DateTimeOffset At)> _batches = new();
    private (Guid Key, bool IsLine)? _last;

    /// <summary>An expression: the last batch is in the ledger.</summary>
    public string LastIsThere => _last is not var (key, isLine) ? "true" : $"EXISTS (SELECT FROM {Ledger(isLine)} WHERE key = '{key}')";

    /// <summary>Adds a batch that stands.</summary>
    public void Add(BatchPlan plan, IReadOnlyList<Outcome> outcomes)
    {
        // One whose entry this batch has added for sure: an earlier one may be forgotten any time.
        var item = plan.Items.LastOrDefault(i => outcomes[i.Ordinal] is Outcome.Written or Outcome.Updated or Outcome.Skipped or Outcome.Suppressed);
        if (item is null)
        {
            return;
        }

        _last = (item.Key, item.IsLine);
        _batches.Enqueue((item.Key, item.IsLine, plan.Size, DateTimeOffset.UtcNow));
        if (_batches.Count > Most)
        {
            _batches.Dequeue();
        }
    }

    /// <summary>The fault of a database that has lost the last batch: says which ones it has lost.</summary>
    public async Task<LoginEtlException> LostAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var there = new HashSet<Guid>();
        foreach (var group in _batches.GroupBy(b => b.IsLine))
        {
            there.UnionWith(await connection.QueryAsync(
                $"SELECT key FROM {Ledger(group.Key)} WHERE key = ANY ($1)", [group.Select(b => b.Key).ToArray()], r => r.GetGuid(0), cancellationToken).ConfigureAwait(false));
        }

        var lost = _batches.Where(b => !there.Contains(b.Key)).ToList();
        return new LoginEtlException(
            "DatabaseRewound", FaultKind.Failed,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The database of {table} has lost {lost.Count} batches of this run, with {lost.Sum(b => b.Messages)} messages, committed from {lost.Min(b => b.At):yyyy-MM-dd HH:mm:ss}Z to {lost.Max(b => b.At):yyyy-MM-dd HH:mm:ss}Z: it was restored to an earlier point, failed over to a server that had not all, or entries of the ledger were deleted. Their messages are deleted from the queue. Nothing more was written or deleted."),
            "Look for lost rows, erasures, keys and audit lines as docs/recovery.md says; then run again.");
    }

    private string Ledger(bool isLine) => table.Beside(isLine ? SchemaNames.FileLedger : SchemaNames.Ledger).Quoted;
}
