using LoginEtl.Faults;

namespace LoginEtl.Audit;

/// <summary>A file that was read, and what the database knew of it meanwhile.</summary>
internal sealed class AuditReading
{
    private AuditReading(string path, AuditChain chain, List<AuditLine> lines, IReadOnlyList<AuditAnchor> known) =>
        (Path, Chain, Lines, Known) = (path, chain, lines, known);

    public string Path { get; }

    /// <summary>As far as it holds.</summary>
    public AuditChain Chain { get; }

    /// <summary>Its lines that hold, without their tokens.</summary>
    public List<AuditLine> Lines { get; }

    /// <summary>Anchors of its id, by line; empty where the database was not asked.</summary>
    public IReadOnlyList<AuditAnchor> Known { get; }

    /// <summary>Lines under which one of the tokens asked about was asked for.</summary>
    public List<long> Found { get; } = [];

    /// <summary>What its lines were written for, each once.</summary>
    public IReadOnlyList<AuditTarget> Targets => [.. Lines.Select(l => l.Target).OfType<AuditTarget>().Distinct()];

    /// <summary>Last line that the database knows.</summary>
    public long Anchored => Known.Count == 0 ? 0 : Known[^1].Line;

    /// <summary>Reads all of it; while it is open nobody adds to it, so that the database is asked about just what was read.</summary>
    /// <returns>Null when there is no file.</returns>
    /// <exception cref="LoginEtlException">The file or the anchor cannot be read.</exception>
    public static async Task<AuditReading?> ReadAsync(
        string path, AuditKeys keys, IAuditAnchor? anchor, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        var (lines, found) = (new List<AuditLine>(), new List<long>());
        var chain = new AuditChain(keys)
        {
            Followed = line =>
            {
                lines.Add(line with { Tokens = [] });
                if (tokens.Any(t => line.Tokens.Contains(keys.Fingerprint(line.KeyId, t)) || line.Tokens.Contains(keys.FingerprintAsWritten(line.KeyId, t))))
                {
                    found.Add(line.Number);
                }
            },
        };
        using var file = await AuditFile.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        if (file is null)
        {
            return null;
        }

        try
        {
            chain.Follow(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AuditFile.Unwritable(path, e);
        }

        var known = anchor is null || chain.FileId is not { } id ? [] : await anchor.ListAsync(id, cancellationToken).ConfigureAwait(false);
        var reading = new AuditReading(path, chain, lines, [.. known.OrderBy(k => k.Line)]);
        reading.Found.AddRange(found);
        return reading;
    }

    /// <summary>The first line that does not hold, against the anchors of this file, or of the one that is to be here.</summary>
    /// <param name="expected">Null when nothing is known of any.</param>
    public (long Line, string Why)? Broken(KnownFile? expected)
    {
        var anchored = Math.Max(Anchored, Chain.FileId is null ? expected?.Lines ?? 0 : 0);
        if (Known.FirstOrDefault(k => k.Line <= Lines.Count && Lines[(int)k.Line - 1].Mac != k.Mac) is { } differing)
        {
            // Lines between two anchored ones may differ earlier: the first that is known to is named.
            return (differing.Line, "the database knows another line of this number: the file was rewritten by somebody who has the audit key");
        }

        return Chain.Broken is { } why ? (Chain.Count + 1, why)
            : Chain is { Count: 0, Unfinished: > 0 } ? (1, "it is not a line of an audit file")
            : anchored > Chain.Count ? (Chain.Count + 1, $"it is missing: the database knows {anchored} lines, so the end was cut off")
            : null;
    }

    /// <summary>Why anchors of this file, or those that it names, must be gone.</summary>
    /// <param name="links">Of all anchors, by number.</param>
    public string? AnchorsLost(IReadOnlyDictionary<long, string> links)
    {
        var lines = Known.Select(k => k.Line).ToHashSet();
        return AuditPending.Fault([.. Lines.Skip((int)Anchored)], Anchored)
            ?? (Known.FirstOrDefault(k => k.Number != 0 && k.Line > 1 && !lines.Contains(k.Line - 1)) is { } after ? $"the anchor of line {after.Line - 1} is gone" : null)
            ?? (Lines.Find(l => l.Anchor > 0 && links.GetValueOrDefault(l.Anchor.Value) != l.Link) is { } line
                ? $"line {line.Number} names anchor {line.Anchor}, which is gone or another one now" : null);
    }

    /// <summary>What is to be known besides; null when there is nothing.</summary>
    public string? Note(bool isAnchored)
    {
        string?[] notes =
        [
            !isAnchored ? "the database was not asked: a cut end, or a file made anew with the audit key, would not show" : null,
            isAnchored && Chain.Count > Anchored ? $"lines {Anchored + 1} to {Chain.Count} are not anchored yet" : null,
            Chain is { Unfinished: > 0, Broken: null } ? $"{Chain.Unfinished} bytes of an unfinished line stand at the end; nothing was recovered under it" : null,
        ];
        return notes.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;
    }
}
