using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>Mac tokens that carry their original, sealed to a public key.</summary>
internal sealed class EscrowMasker(MacMasker mac, OriginalSealer sealer, string attribute, Func<string, string> canonicalForm) : IMasker
{
    public void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits)
    {
        for (var i = 0; i < values.Length; i++)
        {
            fits[i] = MaskableText.Of(values[i], canonicalForm, out var text);
            tokens[i] = text is null ? null : Mask(text);
        }
    }

    public void Dispose() => mac.Dispose();

    private Token Mask(string canonical)
    {
        var token = mac.Mask(canonical);
        return new Token(token.Text, sealer.Seal(attribute, token.Text, canonical));
    }
}
