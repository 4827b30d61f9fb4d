using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>Looks at an audit file and changes nothing.</summary>
public static class AuditVerification
{
    /// <summary>Reads all of it.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="keyring">With the keyset <c>audit</c>.</param>
    /// <param name="anchor">Null to look at the chain alone, which whoever has the audit key can make anew.</param>
    /// <param name="tokens">Asks under which lines these were opened.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtlException">The file or the anchor cannot be read, or the keyset is missing.</exception>
    public static async Task<AuditReport> RunAsync(
        string path, Keyring keyring, IAuditAnchor? anchor, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(tokens);
        using var keys = new AuditKeys(keyring);
        var macs = new List<string>();
        var found = new List<long>();
        var chain = new AuditChain(keys)
        {
            Followed = line =>
            {
                macs.Add(line.Mac);
                if (tokens.Any(t => line.Tokens.Contains(keys.Fingerprint(line.KeyId, t))))
                {
                    found.Add(line.Number);
                }
            },
        };
        var file = await AuditFile.ReadAsync(path, cancellationToken).ConfigureAwait(false) ?? throw AuditFaults.NotFound(path);
        await using (file.ConfigureAwait(false))
        {
            chain.Follow(file);
        }

        var known = await KnownAsync(anchor, chain.FileId, path, cancellationToken).ConfigureAwait(false);
        var (broken, why) = First(chain, macs, known);
        return new AuditReport
        {
            Path = path,
            FileId = chain.FileId,
            Lines = chain.Count,
            BrokenLine = broken,
            Why = why,
            Anchored = anchor is null ? null : known.Count == 0 ? 0 : known[^1].Line,
            Note = Note(anchor, chain, known),
            Found = found,
        };
    }

    private static async Task<IReadOnlyList<AnchoredLine>> KnownAsync(
        IAuditAnchor? anchor, Guid? fileId, string path, CancellationToken cancellationToken)
    {
        if (anchor is null)
        {
            return [];
        }

        var known = fileId is null ? [] : await anchor.ListAsync(fileId.Value, cancellationToken).ConfigureAwait(false);
        if (known.Count > 0 || await anchor.LastAtAsync(AuditFile.PlaceOf(path), cancellationToken).ConfigureAwait(false) is not { } here)
        {
            return known;
        }

        return await anchor.ListAsync(here.FileId, cancellationToken).ConfigureAwait(false);
    }

    private static (long? Line, string? Why) First(AuditChain chain, List<string> macs, IReadOnlyList<AnchoredLine> known)
    {
        if (chain.FileId is not null && known.Count > 0 && known[0].FileId != chain.FileId)
        {
            return (1, "the database knows another file from this place: this one was put there instead");
        }

        var differing = known.FirstOrDefault(k => k.Line <= macs.Count && macs[(int)k.Line - 1] != k.Mac);
        if (differing is not null)
        {
            // Lines between two anchored ones may differ earlier: the first that is known to is named.
            return (differing.Line, "the database knows another line of this number: the file was rewritten by somebody who has the audit key");
        }

        if (chain.Broken is not null)
        {
            return (chain.Count + 1, chain.Broken);
        }

        if (chain is { Count: 0, Unfinished: > 0 })
        {
            return (1, "it is not a line of an audit file");
        }

        return known.Count > 0 && known[^1].Line > chain.Count
            ? (chain.Count + 1, $"it is missing: the database knows {known[^1].Line} lines, so the end was cut off")
            : (null, null);
    }

    private static string? Note(IAuditAnchor? anchor, AuditChain chain, IReadOnlyList<AnchoredLine> known)
    {
        var anchored = known.Count == 0 ? 0 : known[^1].Line;
        string?[] notes =
        [
            anchor is null ? "the database was not asked: a cut end, or a file made anew with the audit key, would not show" : null,
            anchor is not null && chain.Count > anchored ? $"lines {anchored + 1} to {chain.Count} are not anchored yet" : null,
            chain is { Unfinished: > 0, Broken: null } ? $"{chain.Unfinished} bytes of an unfinished line stand at the end; nothing was recovered under it" : null,
        ];
        return notes.OfType<string>().ToList() is { Count: > 0 } all ? string.Join("; ", all) : null;
    }
}
