using LoginEtl.Faults;
using LoginEtl.Keysets;

namespace LoginEtl.Audit;

/// <summary>Looks at audit files and changes nothing.</summary>
public static class AuditVerification
{
    /// <summary>Reads all of one file.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="keyring">With the keyset <c>audit</c>.</param>
    /// <param name="anchor">Null to look at the chain alone, which whoever has the audit key can make anew.</param>
    /// <param name="tokens">Asks under which lines these were asked for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtlException">The file or the anchor cannot be read, or the keyset is missing.</exception>
    public static async Task<AuditReport> RunAsync(
        string path, Keyring keyring, IAuditAnchor? anchor, IReadOnlyList<string> tokens, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(tokens);
        using var keys = new AuditKeys(keyring);
        var reading = await AuditReading.ReadAsync(path, keys, anchor, tokens, cancellationToken).ConfigureAwait(false) ?? throw AuditFaults.NotFound(path);
        var book = anchor is null ? null : new AuditBook(keys, await anchor.ListAsync(null, cancellationToken).ConfigureAwait(false));
        var report = AuditJudgement.Of(reading, book, AuditPlace.Of(path));
        return report.IsIntact && book?.Faults is { Count: > 0 } faults ? report with { State = AuditState.AnchorsLost, Why = AnchorFault.Sentence(faults) } : report;
    }

    /// <summary>Reads every file that the database knows, and says of each what became of it; what is wrong with the anchors comes first, each fault by itself.</summary>
    /// <param name="keyring">With the keyset <c>audit</c>.</param>
    /// <param name="anchor">The database.</param>
    /// <param name="files">Absolute paths of files that are looked at if they are there, whether they are known or not.</param>
    /// <param name="archives">Absolute paths of folders with archived files and copies of other hosts' files, known by their ids.</param>
    /// <param name="tokens">Asks under which lines these were asked for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtlException">The anchor or an archive cannot be read, or the keyset is missing.</exception>
    public static async Task<IReadOnlyList<AuditReport>> RunAsync(
        Keyring keyring, IAuditAnchor anchor, IReadOnlyList<string> files, IReadOnlyList<string> archives, IReadOnlyList<string> tokens,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        ArgumentNullException.ThrowIfNull(anchor);
        using var keys = new AuditKeys(keyring);
        return await new AuditSurvey(keys, anchor, tokens, cancellationToken).RunAsync(files, archives).ConfigureAwait(false);
    }
}
