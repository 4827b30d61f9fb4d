namespace LoginEtl.Audit;

/// <summary>
/// Where heads of audit files are kept, out of reach of whoever can write the files. Rows are added and never changed.
/// </summary>
public interface IAuditAnchor : IAsyncDisposable
{
    /// <summary>What its lines are written for.</summary>
    AuditTarget Target { get; }

    /// <summary>Makes sure that who asks can only add to it: a witness that obeys the one it is to watch is none.</summary>
    /// <returns>Null when it is so; what is to be said where nothing can keep who asks from it.</returns>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached; <c>AuditAnchorOwn</c>: it is theirs, or they may change it.</exception>
    Task<string?> RequireApartAsync(CancellationToken cancellationToken);

    /// <summary>What is to be known before a line is added.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<AnchorFacts> AskAsync(Guid? fileId, string place, CancellationToken cancellationToken);

    /// <summary>All that is kept of a file, or of every file: those without a number first, by file and line; then by number.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<IReadOnlyList<AuditAnchor>> ListAsync(Guid? fileId, CancellationToken cancellationToken);

    /// <summary>Keeps one for ever.</summary>
    /// <returns>As it is kept, with who and when; null when another has taken its number.</returns>
    /// <exception cref="Faults.LoginEtlException">
    /// It cannot be reached; <c>AuditFileForked</c>: it knows another line of that number; <c>AuditAnchorNotKept</c>.
    /// </exception>
    Task<AuditAnchor?> AddAsync(AuditAnchor anchor, CancellationToken cancellationToken);

    /// <summary>Roles beside the owner that may change anchors, or say who added them and when.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<IReadOnlyList<string>> WritersAsync(CancellationToken cancellationToken);

    /// <summary>Anchors in other schemas of the database, which may witness recoveries, too; by their names.</summary>
    Task<IReadOnlyList<string>> ElsewhereAsync(CancellationToken cancellationToken);
}
