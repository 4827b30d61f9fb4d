namespace LoginEtl.Audit;

/// <summary>
/// Where heads of audit files are kept, out of reach of whoever can write the files. Rows are added and never changed.
/// </summary>
public interface IAuditAnchor : IAsyncDisposable
{
    /// <summary>The last line known of a file; null when none is.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<AnchoredLine?> LastAsync(Guid fileId, CancellationToken cancellationToken);

    /// <summary>The last line known of any file that stood at a place; null when none did.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<AnchoredLine?> LastAtAsync(string place, CancellationToken cancellationToken);

    /// <summary>All lines known of a file, the first one first.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached.</exception>
    Task<IReadOnlyList<AnchoredLine>> ListAsync(Guid fileId, CancellationToken cancellationToken);

    /// <summary>Keeps a line for ever.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached; <c>AuditFileForked</c>: it knows another line of that number.</exception>
    Task AddAsync(AnchoredLine line, string place, string? note, CancellationToken cancellationToken);
}
