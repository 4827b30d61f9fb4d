using LoginEtl.Keysets;

namespace LoginEtl.Recovery;

/// <summary>The private half of <c>escrow.json</c>, which opens the originals of the vault. Zeroes its keys when disposed.</summary>
public sealed class EscrowKey : IDisposable
{
    private EscrowKey(Keyset keyset) => Keyset = keyset;

    internal Keyset Keyset { get; }

    /// <summary>Reads it from its file, which must be its owner's alone.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>.</exception>
    public static EscrowKey Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new EscrowKey(KeyFolder.ReadPrivate(path));
    }

    /// <inheritdoc/>
    public void Dispose() => Keyset.Dispose();
}
