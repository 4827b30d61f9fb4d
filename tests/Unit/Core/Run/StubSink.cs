using LoginEtl.Keysets;
using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Unit.Core.Run;

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

    /// <summary>What the database says of its keys: a batch with a token under one that is not primary is refused.</summary>
    public IReadOnlyList<StoredKey> Keys { get; set; } = [];

    /// <summary>What was committed.</summary>
    public List<ProtectedLogin> Written { get; } = [];

    public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) => Task.FromResult(Keys);

    public Task RequireKeysAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken) => Task.CompletedTask;

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

            var retired = Keys.Where(k => k.State != StoredKeyState.Primary && batch.OfType<LoginRecord>().Any(r => TokenOf(r, k)?.StartsWith(k.Prefix, StringComparison.Ordinal) == true)).ToList();
            if (retired.Count > 0)
            {
                throw KeyRetired.Of(retired, Keys);
            }

            Batches.Add(batch.Count);
            Written.AddRange(batch);
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

    private static string? TokenOf(LoginRecord record, StoredKey key) => key.Attribute == LoginFields.Ip ? record.MaskedIp : record.MaskedDeviceId;
}
