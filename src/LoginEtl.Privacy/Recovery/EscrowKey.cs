using LoginEtl.Keysets;

namespace LoginEtl.Recovery;

/// <summary>The private half of <c>escrow.json</c>, which opens the originals of the vault. Zeroes its keys when disposed.</summary>
public sealed class EscrowKey : IDisposable
{
    private EscrowKey(Keyset keyset) => Keyset = keyset;

    internal Keyset Keyset { get; }

    /// <summary>Reads it from its source.</summary>
    /// <exception cref="Faults.LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>.
    /// </exception>
    public static EscrowKey Read(PrivateKeySource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new EscrowKey(source.Read());
    }

    /// <inheritdoc/>
    public void Dispose() => Keyset.Dispose();
}
