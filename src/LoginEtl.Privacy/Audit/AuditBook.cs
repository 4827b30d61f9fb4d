namespace LoginEtl.Audit;

/// <summary>All anchors of a database, and what they say of files and places.</summary>
internal sealed class AuditBook
{
    private readonly Dictionary<Guid, KnownFile> _files = [];
    private readonly Dictionary<string, Guid> _holders = new(AuditPlace.Comparer);
    private readonly Dictionary<long, string> _links = [];

    /// <param name="keys">That links were made with.</param>
    /// <param name="all">In the order of <see cref="IAuditAnchor.ListAsync"/>.</param>
    public AuditBook(AuditKeys keys, IReadOnlyList<AuditAnchor> all)
    {
        Faults = AnchorChain.Faults(keys, all);
        foreach (var anchor in all.OrderBy(a => a.Number).ThenBy(a => a.At).ThenBy(a => a.Line))
        {
            _holders.TryAdd(anchor.Place, anchor.FileId);
            _links.TryAdd(anchor.Number, anchor.Link);
            var file = _files.GetValueOrDefault(anchor.FileId);

            // Before anchors were chained, a file might go on elsewhere.
            var moved = anchor.Number != 0 && file is not null && !AuditPlace.Comparer.Equals(file.Place, anchor.Place)
                ? $"line {anchor.Line} was anchored from {AuditText.Safe(anchor.Place)}, as {AuditText.Safe(anchor.By)}, and the one before from {AuditText.Safe(file.Place)}" : file?.Moved;
            _files[anchor.FileId] = new KnownFile(anchor.FileId, anchor.Place, Math.Max(anchor.Line, file?.Lines ?? 0), anchor, moved);
        }
    }

    /// <summary>What is wrong with the anchors themselves; empty when they follow one another.</summary>
    public IReadOnlyList<AnchorFault> Faults { get; }

    /// <summary>Every file that was ever anchored, the first one first.</summary>
    public IEnumerable<KnownFile> Files => _files.Values;

    /// <summary>Links of anchors, by number.</summary>
    public IReadOnlyDictionary<long, string> Links => _links;

    /// <summary>A file; null when nothing is known of it.</summary>
    public KnownFile? Find(Guid? id) => id is null ? null : _files.GetValueOrDefault(id.Value);

    /// <summary>The file that was anchored first from a place; null when none was.</summary>
    public KnownFile? HolderOf(string place) => _holders.TryGetValue(place, out var id) ? _files[id] : null;
}

/// <summary>What the anchors say of a file.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Place">The last that it was anchored from.</param>
/// <param name="Lines">The most that were anchored.</param>
/// <param name="Last">The anchor that was added last.</param>
/// <param name="Moved">Where a later anchor names another place; null when none does.</param>
internal sealed record KnownFile(Guid Id, string Place, long Lines, AuditAnchor Last, string? Moved);
