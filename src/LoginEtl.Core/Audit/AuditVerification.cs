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
        var reading = await AuditReading.ReadAsync(path, keys, anchor, tokens, cancellationToken).ConfigureAwait(false) ?? throw AuditFaults.NotFound(path);
        var all = anchor is null ? [] : await anchor.ListAsync(null, cancellationToken).ConfigureAwait(false);
        return Report(reading, anchor is not null, all, AnchorChain.Fault(keys, all));
    }

    private static AuditReport Report(AuditReading reading, bool isAnchored, IReadOnlyList<AuditAnchor> all, string? chainFault)
    {
        var report = new AuditReport
        {
            Path = reading.Path,
            FileId = reading.Chain.FileId,
            Lines = reading.Chain.Count,
            Anchored = isAnchored ? reading.Anchored : null,
            Note = reading.Note(isAnchored),
            Found = reading.Found,
        };
        if (Broken(reading, all) is var (line, why))
        {
            return report with { State = AuditState.Broken, BrokenLine = line, Why = why };
        }

        var lost = isAnchored ? reading.AnchorsLost(Links(all)) ?? chainFault : null;
        return lost is null ? report : report with { State = AuditState.AnchorsLost, Why = lost };
    }

    private static Dictionary<long, string> Links(IReadOnlyList<AuditAnchor> all) =>
        all.Where(a => a.Number != 0).GroupBy(a => a.Number).ToDictionary(g => g.Key, g => g.First().Link);

    private static (long Line, string Why)? Broken(AuditReading reading, IReadOnlyList<AuditAnchor> all)
    {
        var place = AuditFile.PlaceOf(reading.Path);
        if (reading.Known.Count > 0 || all.FirstOrDefault(a => a.Place == place) is not { } here)
        {
            return reading.Broken();
        }

        return reading.Chain.FileId is not null
            ? (1, "the database knows another file from this place: this one was put there instead")
            : reading.Broken() ?? (1, $"it is missing: the database knows {all.Where(a => a.FileId == here.FileId).Max(a => a.Line)} lines, so the end was cut off");
    }
}
