namespace LoginEtl.Keysets;

/// <summary>
/// Encrypts and decrypts keysets with a key that never leaves its service. Implemented on the far side of the module's
/// private load context. It keeps the credentials and the connection of its first call, so that a folder of keysets asks for
/// them once; one thread at a time. Its calls block: the first while credentials are found, and each for up to three tries of
/// <see cref="KmsSettings.Timeout"/> and the pauses between. Keys are read at a run's start, and again when one was retired.
/// </summary>
public interface IKeyService : IDisposable
{
    /// <summary>The plaintext, to be zeroed by the caller.</summary>
    /// <param name="settings">Which key, and where.</param>
    /// <param name="ciphertext">As <see cref="Encrypt"/> gave it.</param>
    /// <param name="associatedData">What the ciphertext is bound to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeyServiceDenied</c>, <c>KeyServiceUnreachable</c>, <c>KeyServiceRefused</c>.</exception>
    byte[] Decrypt(KmsSettings settings, ReadOnlyMemory<byte> ciphertext, string associatedData, CancellationToken cancellationToken);

    /// <summary>The ciphertext.</summary>
    /// <param name="settings">Which key, and where.</param>
    /// <param name="plaintext">At most 4,096 bytes.</param>
    /// <param name="associatedData">What the ciphertext is bound to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="Faults.LoginEtlException">As for <see cref="Decrypt"/>.</exception>
    byte[] Encrypt(KmsSettings settings, ReadOnlyMemory<byte> plaintext, string associatedData, CancellationToken cancellationToken);
}
