namespace LoginEtl.Recovery;

/// <summary>The originals of mac tokens, sealed to a public key.</summary>
public interface IVault : IAsyncDisposable
{
    /// <summary>Sealed originals by token; tokens that it has none of are left out.</summary>
    /// <exception cref="Faults.LoginEtlException">It cannot be reached or read.</exception>
    Task<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> FindAsync(
        string attribute, IReadOnlyCollection<string> tokens, CancellationToken cancellationToken);
}
