using System.Text;
using LoginEtl.Tokens;

namespace LoginEtl.Records;

/// <summary>
/// A body in clear, out of the quarantine or on its way to become a row. Its text form is <c>[redacted]</c>, its JSON and CLIXML forms hold nothing of it;
/// only <see cref="Reveal"/> and <see cref="RevealBytes"/> give it. Whoever calls them answers for where it goes.
/// </summary>
public sealed class PlainBody
{
    // A field, and no property: serialisers walk properties.
    private readonly byte[] _bytes;

    internal PlainBody(byte[] bytes) => _bytes = bytes;

    /// <summary>As text. What is no UTF-8 in it, which is one of the reasons for being here, reads as U+FFFD.</summary>
    public string Reveal() => Encoding.UTF8.GetString(_bytes);

    /// <summary>Byte for byte as it was received.</summary>
    public byte[] RevealBytes() => [.. _bytes];

    /// <inheritdoc/>
    public override string ToString() => Plaintext.Redacted;
}
