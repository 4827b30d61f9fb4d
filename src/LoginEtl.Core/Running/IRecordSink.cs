using LoginEtl.Records;

namespace LoginEtl.Running;

/// <summary>A table being written to, with its ledger and quarantine. One batch at a time.</summary>
public interface IRecordSink : IAsyncDisposable
{
    /// <summary>The table's name.</summary>
    string Name { get; }

    /// <summary>
    /// Writes one batch in one transaction and returns once it has committed durably. Retries faults of the system.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">Nothing of the batch was written, or <c>CommitUnknown</c>.</exception>
    Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken);
}
