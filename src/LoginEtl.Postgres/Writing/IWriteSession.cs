namespace LoginEtl.Postgres.Writing;

/// <summary>Where the transactions of a run's batches come from.</summary>
internal interface IWriteSession : IAsyncDisposable
{
    /// <summary>Whether what failed can be tried again.</summary>
    bool MayRetry { get; }

    /// <summary>Begins the work of one try.</summary>
    Task<WriteScope> BeginAsync(CancellationToken cancellationToken);
}
