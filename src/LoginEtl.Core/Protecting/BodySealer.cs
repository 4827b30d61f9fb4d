using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>
/// Seals a rejected body to a public key. The message id is the context: a body moved to another message does not open.
/// Thread-safe.
/// </summary>
internal sealed class BodySealer(Keyset keyset)
{
    private readonly EciesSender.Recipient _recipient = EciesSender.RecipientOf(keyset);

    public SealedBody Seal(ReadOnlySpan<byte> body, MessageId context)
    {
        using var sender = new EciesSender(_recipient);
        return new SealedBody(sender.Seal(body, Encoding.UTF8.GetBytes(context.Value)));
    }

    /// <summary>Opens a sealed body with the private half; null when it was not sealed to this key and message.</summary>
    public static byte[]? Open(Keyset privateKeyset, ReadOnlySpan<byte> sealedBody, MessageId context) =>
        // No message has such an id. The context of a sealed original has a NUL, and is not opened as a body's.
        context.Value.Contains('\0', StringComparison.Ordinal) ? null : Ecies.Open(privateKeyset, sealedBody, Encoding.UTF8.GetBytes(context.Value));
}
