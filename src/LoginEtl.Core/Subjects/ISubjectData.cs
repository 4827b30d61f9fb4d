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

    /// <summary>What the vault has of the person's tokens, and of those that stand in rows and entries of theirs.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<IReadOnlyList<SubjectOriginal>> OriginalsAsync(CancellationToken cancellationToken);
}

/// <summary>An entry of the quarantine.</summary>
/// <param name="Id">In its table.</param>
/// <param name="Json">A JSON object.</param>
public sealed record SubjectEntry(long Id, string Json);

/// <summary>A sealed original.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Token">As stored.</param>
/// <param name="CreatedAt">When it came there (UTC).</param>
public sealed record SubjectOriginal(string Attribute, string Token, DateTimeOffset CreatedAt);
