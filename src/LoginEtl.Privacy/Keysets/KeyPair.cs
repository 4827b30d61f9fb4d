using System.Security.Cryptography;

namespace LoginEtl.Keysets;

/// <summary>A new P-256 pair, serialised. Zeroes the private half when disposed.</summary>
internal sealed class KeyPair : IDisposable
{
    private KeyPair(uint id, KeyBytes publicHalf, KeyBytes privateHalf) => (Id, PublicHalf, PrivateHalf) = (id, publicHalf, privateHalf);

    /// <summary>The id of both halves.</summary>
    public uint Id { get; }

    public KeyBytes PublicHalf { get; }

    public KeyBytes PrivateHalf { get; }

    public static KeyPair New(uint id)
    {
        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var parameters = pair.ExportParameters(includePrivateParameters: true);
        try
        {
            return new KeyPair(id, EciesKeys.WritePublic(parameters), EciesKeys.WritePrivate(parameters));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    public void Dispose()
    {
        PublicHalf.Dispose();
        PrivateHalf.Dispose();
    }
}
