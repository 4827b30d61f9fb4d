using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;

namespace LoginEtl.Unit.Core.Running;

/// <summary>A sink that commits, or fails as told.</summary>
internal sealed class StubSink(Journal journal) : IRecordSink
{
    private int _writing;

    public string Name => "table";

    /// <summary>Runs inside of the transaction: waits, throws, or lets it commit.</summary>
    public Func<int, CancellationToken, Task>? InTransaction { get; set; }

    /// <summary>Outcomes of a batch; by default rejects are quarantined and the others written.</summary>
    public Func<IReadOnlyList<ProtectedLogin>, IReadOnlyList<Outcome>>? Outcomes { get; set; }

    /// <summary>Groups that a batch holds; none by default.</summary>
    public Func<IReadOnlyList<ProtectedLogin>, IReadOnlyList<HeldGroup>>? Held { get; set; }

    public List<int> Batches { get; } = [];

    public async Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _writing) != 1)
        {
            journal.Add("TWO TRANSACTIONS AT ONCE");
        }

        try
        {
            journal.Add("begin", batch);
            if (InTransaction is not null)
            {
                await InTransaction(Batches.Count, cancellationToken);
            }

            Batches.Add(batch.Count);
            journal.Add("commit", batch);
            return new BatchResult(Guid.NewGuid(), Outcomes?.Invoke(batch) ??
                [.. batch.Select(l => l is SealedReject ? Outcome.Quarantined : Outcome.Written)])
            { Held = Held?.Invoke(batch) ?? [] };
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
