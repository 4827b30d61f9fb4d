using LoginEtl.Keysets;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>A key service that gives back what it gets, for folders that are read as encrypted ones.</summary>
internal sealed class NoCipher : IKeyService
{
    public static KeyAccess Access => new() { KeyService = () => new NoCipher() };

    public void Dispose()
    {
    }

    public byte[] Decrypt(KmsSettings settings, ReadOnlyMemory<byte> ciphertext, string associatedData, CancellationToken cancellationToken) => ciphertext.ToArray();

    public byte[] Encrypt(KmsSettings settings, ReadOnlyMemory<byte> plaintext, string associatedData, CancellationToken cancellationToken) => plaintext.ToArray();
}
