using LoginEtl.Quarantine;
using LoginEtl.Rotation;

namespace LoginEtl.Subjects;

/// <summary>What a database has of one person, as it is at one moment, whatever is written meanwhile.</summary>
public interface ISubjectData : IAsyncDisposable
{
    /// <summary>The table's schema and name.</summary>
    string Name { get; }

    /// <summary>All values of the person's attribute, in table, quarantine and vault, by their prefixes; none where it is not masked. Reads all of them.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<IReadOnlyList<PrefixCount>> CountValuesAsync(CancellationToken cancellationToken);

    /// <summary>How many entries of the quarantine hold a sealed body that nobody has looked into.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<long> CountSealedAsync(CancellationToken cancellationToken);

    /// <summary>Rows of the table with all their columns, a JSON object each.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    IAsyncEnumerable<string> RowsAsync(CancellationToken cancellationToken);

    /// <summary>Entries of the quarantine, with what they hold where that is not sealed.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    IAsyncEnumerable<SubjectEntry> EntriesAsync(CancellationToken cancellationToken);

    /// <summary>What a removal would remove.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<SubjectCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes all of it in one transaction of its own: rows, what entries of the quarantine hold, and originals that no other row
    /// or entry needs. What was written since the snapshot goes, too. The ledgers stay. Faults that may pass are retried until the
    /// witness is told.
    /// </summary>
    /// <param name="dismissal">Why; it stays with the entries.</param>
    /// <param name="witness">Told what is about to be committed; where it throws, nothing was removed.</param>
    /// <param name="cancellationToken">Not heeded any more once the witness is told.</param>
    /// <exception cref="Faults.LoginEtlException"><c>SubjectNotSearched</c>, <c>RemovalUnknown</c>, <c>TableAccessDenied</c>, or the database failed: nothing was removed.</exception>
    Task<SubjectCounts> RemoveAsync(Dismissal dismissal, Func<SubjectCounts, Task> witness, CancellationToken cancellationToken);

    /// <summary>What the vault has of the person's tokens, and of those that stand in rows and entries of theirs.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<IReadOnlyList<SubjectOriginal>> OriginalsAsync(CancellationToken cancellationToken);
}

/// <summary>How much of a person is removed.</summary>
/// <param name="Rows">Of the table.</param>
/// <param name="Entries">Of the quarantine that hold something.</param>
/// <param name="Originals">In the vault, but those that another's row or entry needs.</param>
public readonly record struct SubjectCounts(long Rows, long Entries, long Originals);

/// <summary>An entry of the quarantine.</summary>
/// <param name="Id">In its table.</param>
/// <param name="Json">A JSON object.</param>
public sealed record SubjectEntry(long Id, string Json);

/// <summary>A sealed original.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Token">As stored.</param>
/// <param name="CreatedAt">When it came there (UTC).</param>
public sealed record SubjectOriginal(string Attribute, string Token, DateTimeOffset CreatedAt);
