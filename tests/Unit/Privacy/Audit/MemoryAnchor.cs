using LoginEtl.Audit;
using LoginEtl.Faults;

namespace LoginEtl.Unit.Privacy.Audit;

/// <summary>An anchor that never waits.</summary>
internal sealed class MemoryAnchor : IAuditAnchor
{
    public List<AuditAnchor> Anchors { get; } = [];

    public bool Fails { get; set; }

    public bool FailsToAnswer { get; set; }

    /// <summary>What happens while a line is anchored.</summary>
    public Action? Adding { get; set; }

    public AuditTarget Target => new("memory", "public.user_logins");

    public Task<string?> RequireApartAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public Task<AnchorFacts> AskAsync(Guid? fileId, string place, CancellationToken cancellationToken)
    {
        if (FailsToAnswer)
        {
            throw Lost();
        }

        lock (Anchors)
        {
            return Task.FromResult(new AnchorFacts(
                Anchors.Where(a => a.FileId == fileId).MaxBy(a => a.Line), Anchors.Find(a => a.Place == place), Anchors.FindLast(a => a.Number > 0),
                Anchors.Where(a => a.Number > 0).SkipLast(1).LastOrDefault(), Anchors.Find(a => a.Number == 1)));
        }
    }

    public Task<IReadOnlyList<AuditAnchor>> ListAsync(Guid? fileId, CancellationToken cancellationToken)
    {
        lock (Anchors)
        {
            return Task.FromResult<IReadOnlyList<AuditAnchor>>([.. Anchors.Where(a => fileId is null || a.FileId == fileId)]);
        }
    }

    public Task<AuditAnchor?> AddAsync(AuditAnchor anchor, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            throw Lost();
        }

        Adding?.Invoke();
        lock (Anchors)
        {
            if (Anchors.Any(a => a.Number == anchor.Number))
            {
                return Task.FromResult<AuditAnchor?>(null);
            }

            Anchors.Add(anchor with { By = "somebody", At = DateTimeOffset.UtcNow });
            return Task.FromResult<AuditAnchor?>(Anchors[^1]);
        }
    }

    public Task<IReadOnlyList<string>> WritersAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<IReadOnlyList<string>> ElsewhereAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static LoginEtlException Lost() => new(ErrorId.DatabaseUnreachable, "Lost.", "Look.");
}
