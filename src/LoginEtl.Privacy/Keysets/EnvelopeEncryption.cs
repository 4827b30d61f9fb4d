using LoginEtl.Faults;

namespace LoginEtl.Keysets;

/// <summary>Encrypts keysets as a whole with a key of AWS KMS, each bound to its name: the file of one does not decrypt as another.</summary>
/// <param name="service">Disposed of with this.</param>
/// <param name="settings">Its key.</param>
/// <param name="stop">Cancels calls.</param>
internal sealed class EnvelopeEncryption(IKeyService service, KmsSettings settings, CancellationToken stop) : IDisposable
{
    // AWS KMS API reference, Encrypt.
    private const int LongestKeyset = 4096;

    /// <summary>The keyset's protocol buffer.</summary>
    public KeyBytes Unwrap(string name, ReadOnlyMemory<byte> ciphertext)
    {
        var plaintext = service.Decrypt(settings, ciphertext, AssociatedData(name), stop);
        try
        {
            return KeyBytes.CopyOf(plaintext);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <exception cref="LoginEtlException"><c>KeysetTooLarge</c>, or what the service throws.</exception>
    public byte[] Wrap(string name, KeyBytes keyset)
    {
        if (keyset.Length > LongestKeyset)
        {
            throw new LoginEtlException(
                ErrorId.KeysetTooLarge, $"The keyset '{name}' has {keyset.Length} bytes, and AWS KMS encrypts {LongestKeyset} at most.",
                "Remove keys that no row carries any more.");
        }

        return service.Encrypt(settings, keyset.Memory, AssociatedData(name), stop);
    }

    public void Dispose() => service.Dispose();

    private static string AssociatedData(string name) => $"login-etl/1/keyset/{name}";
}
