using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;

namespace LoginEtl.Subjects;

/// <summary>
/// Removes all that there is of a person. Before the COMMIT a line of the audit says what is about to be removed, and after it
/// another that it was: killed between, the first stands alone, which says that it was begun and no more.
/// </summary>
/// <param name="data">What there is; stays the caller's.</param>
/// <param name="audit">Stays the caller's.</param>
/// <param name="options">Who and why.</param>
public sealed class SubjectRemoval(ISubjectData data, AuditLog audit, RecoveryOptions options)
{
    /// <summary>Told what had to be put right in the audit file.</summary>
    public Action<string>? Noted { get; init; }

    /// <summary>Counts what would be removed, and changes nothing.</summary>
    /// <exception cref="LoginEtlException">What the database fails by.</exception>
    public static async Task<RemovalReceipt> PlanAsync(ISubjectData data, Subject subject, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(subject);
        var counts = await data.CountAsync(cancellationToken).ConfigureAwait(false);
        var notSearched = subject.NotSearched(await data.CountValuesAsync(cancellationToken).ConfigureAwait(false)).Sum(n => n.Rows);
        return Receipt(data, subject, counts) with
        {
            IsDryRun = true,
            Sealed = await data.CountSealedAsync(cancellationToken).ConfigureAwait(false),
            NotSearched = notSearched,
        };
    }

    /// <summary>Removes, in one transaction.</summary>
    /// <param name="subject">Whom.</param>
    /// <param name="cancellationToken">Not heeded any more once the audit's line is written.</param>
    /// <exception cref="LoginEtlException">
    /// <c>SubjectNotSearched</c>: not all could be looked into, and nothing was removed. <c>RemovalUnknown</c>: the answer to the COMMIT is
    /// missing. <c>RemovalNotRecorded</c>: it took place, and the line that says so could not be written. And what audit and database
    /// fail by: nothing was removed.
    /// </exception>
    public async Task<RemovalReceipt> RunAsync(Subject subject, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subject);
        AuditedLine? begun = null;
        var entry = new AuditEntry { Command = options.Command, Reason = options.Reason, Attributes = [subject.Attribute], Tokens = subject.Stored() };
        // What the database takes as a reason is looked at before anything is done.
        var dismissal = new Dismissal(options.Reason);
        var counts = await data.RemoveAsync(
            dismissal,
            async removed => begun = await RecordAsync(entry with { Removal = Of(removed) }, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        try
        {
            var done = await RecordAsync(entry with { Removal = Of(counts) with { Begun = begun!.Line } }, CancellationToken.None).ConfigureAwait(false);
            return Receipt(data, subject, counts) with { AuditFileId = done.FileId, AuditLine = done.Line, AuditMac = done.Mac };
        }
        catch (LoginEtlException fault)
        {
            throw new LoginEtlException(
                ErrorId.RemovalNotRecorded, $"The data was removed from {data.Name}, and the line that says so could not be written: {fault.Message} Line {begun!.Line} of the audit file says that it was begun.",
                $"{fault.Remedy} Then run it again: it finds nothing, and says so in the audit.");
        }
    }

    private static AuditRemoval Of(SubjectCounts counts) => new() { Rows = counts.Rows, Entries = counts.Entries, Originals = counts.Originals };

    private static RemovalReceipt Receipt(ISubjectData data, Subject subject, SubjectCounts counts) => new()
    {
        Table = data.Name,
        Attribute = subject.Attribute,
        Rows = counts.Rows,
        Entries = counts.Entries,
        Originals = counts.Originals,
        At = DateTimeOffset.UtcNow,
    };

    private async Task<AuditedLine> RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        if (await audit.RecordAsync(entry, cancellationToken).ConfigureAwait(false) is { } note)
        {
            Noted?.Invoke(note);
        }

        return audit.Last!;
    }
}
