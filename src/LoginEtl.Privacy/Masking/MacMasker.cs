using System.Security.Cryptography;
using System.Text;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// HMAC-SHA-256 tokens over <c>login-etl/1/ATTRIBUTE</c> ‖ 0x00 ‖ canonical form: what Tink's MAC gives for that message.
/// </summary>
internal sealed class MacMasker : IMasker
{
    private readonly uint _keyId;
    private readonly byte[] _domain;
    private readonly Func<string, string> _canonicalForm;
    private readonly IncrementalHash _hmac;
    private readonly byte[] _text = new byte[Padding.MaxPlaintext];

    public MacMasker(Keyset keyset, string attribute, Func<string, string> canonicalForm)
        : this(keyset, keyset.Primary, attribute, canonicalForm)
    {
    }

    /// <summary>Under another key than the primary: how rows of a value are found during a rotation.</summary>
    public MacMasker(Keyset keyset, KeysetKey key, string attribute, Func<string, string> canonicalForm)
    {
        _keyId = key.Id;
        _domain = [.. AssociatedData.Of(attribute), 0];
        _canonicalForm = canonicalForm;
        using var bytes = KeyMaterial.ReadHmac(keyset, key);
        _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, bytes.Span);
    }

    public void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits)
    {
        for (var i = 0; i < values.Length; i++)
        {
            tokens[i] = (fits[i] = MaskableText.Of(values[i], _canonicalForm, out var text)) && text is not null ? Mask(text) : null;
        }
    }

    /// <summary>The token of a canonical form that fits.</summary>
    public Token Mask(string canonical)
    {
        var length = Encoding.UTF8.GetBytes(canonical, _text);
        Span<byte> tag = stackalloc byte[MacToken.TagLength];
        _hmac.AppendData(_domain);
        _hmac.AppendData(_text.AsSpan(0, length));
        _hmac.GetHashAndReset(tag);
        CryptographicOperations.ZeroMemory(_text.AsSpan(0, length));
        return MacToken.Create(_keyId, tag);
    }

    public void Dispose() => _hmac.Dispose();
}
