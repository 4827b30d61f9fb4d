using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>
/// Seals a rejected body to a public key. The message id is the context: a body moved to another message does not open.
/// Not thread-safe.
/// </summary>
internal sealed class BodySealer(Keyset keyset) : IDisposable
{
    private readonly EciesSealer _sealer = new(keyset);

    public SealedBody Seal(ReadOnlySpan<byte> body, MessageId context) => new(_sealer.Seal(body, Encoding.UTF8.GetBytes(context.Value)));

    public void Dispose() => _sealer.Dispose();

    /// <summary>Opens a sealed body with the private half; null when it was not sealed to this key and message.</summary>
    public static byte[]? Open(Keyset privateKeyset, ReadOnlySpan<byte> sealedBody, MessageId context) =>
        // No message has such an id. The context of a sealed original has a NUL, and is not opened as a body's.
        context.Value.Contains('\0', StringComparison.Ordinal) ? null : Ecies.Open(privateKeyset, sealedBody, Encoding.UTF8.GetBytes(context.Value));
}
