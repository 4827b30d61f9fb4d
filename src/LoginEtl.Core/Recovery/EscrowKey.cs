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
        var keyset = KeyFolder.ReadFile(path, isSecret: true);
        try
        {
            keyset.RequireType(TinkTypes.EciesPrivateKey);
            return new EscrowKey(keyset);
        }
        catch
        {
            keyset.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Keyset.Dispose();
}
