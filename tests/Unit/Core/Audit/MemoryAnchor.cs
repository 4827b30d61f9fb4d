using LoginEtl.Audit;
using LoginEtl.Faults;

namespace LoginEtl.Unit.Core.Audit;

/// <summary>An anchor that never waits.</summary>
internal sealed class MemoryAnchor : IAuditAnchor
{
    private readonly List<(AnchoredLine Line, string Place)> _lines = [];

    public int Count => _lines.Count;

    public bool Fails { get; set; }

    public bool FailsToAnswer { get; set; }

    public Task<AnchoredLine?> LastAsync(Guid fileId, CancellationToken cancellationToken) =>
        Task.FromResult(_lines.Where(l => l.Line.FileId == fileId).Select(l => l.Line).LastOrDefault());

    public Task<AnchoredLine?> LastAtAsync(string place, CancellationToken cancellationToken) => FailsToAnswer
        ? throw Lost()
        : Task.FromResult(_lines.Where(l => l.Place == place).Select(l => l.Line).LastOrDefault());

    public Task<IReadOnlyList<AnchoredLine>> ListAsync(Guid fileId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<AnchoredLine>>([.. _lines.Where(l => l.Line.FileId == fileId).Select(l => l.Line)]);

    public Task AddAsync(AnchoredLine line, string place, string? note, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            throw Lost();
        }

        _lines.Add((line, place));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static LoginEtlException Lost() => new("DatabaseUnreachable", FaultKind.Unreachable, "Lost.", "Look.");
}
