using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>Prefix-preserving tokens of addresses; what is no address becomes a siv token.</summary>
internal sealed class PfxMasker : IMasker
{
    private readonly uint _keyId;
    private readonly IpcryptPfx _cipher;
    private readonly SivMasker _opaque;
    private readonly Func<string, string> _canonicalForm;

    /// <param name="keyset">Of the addresses.</param>
    /// <param name="opaque">Masks what is no address; disposed of with this.</param>
    /// <param name="canonicalForm">Strict when null.</param>
    public PfxMasker(Keyset keyset, SivMasker opaque, Func<string, string>? canonicalForm = null)
        : this(keyset, keyset.Primary, opaque, canonicalForm)
    {
    }

    /// <summary>Under another key than the primary: how rows of a value are found during a rotation.</summary>
    public PfxMasker(Keyset keyset, KeysetKey key, SivMasker opaque, Func<string, string>? canonicalForm = null)
    {
        _canonicalForm = canonicalForm ?? CanonicalForm.OfIp;
        _keyId = key.Id;
        _opaque = opaque;
        using var bytes = KeyMaterial.ReadPfx(keyset, key);
        _cipher = new IpcryptPfx(bytes.Span);
    }

    public void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits)
    {
        var opaque = new Plaintext?[values.Length];
        var addresses = new List<byte[]>(values.Length);
        var places = new List<int>(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            if (MaskableText.Of(values[i], _canonicalForm, out var text) && text is not null && AddressText.Parse(text) is { } address)
            {
                addresses.Add(address);
                places.Add(i);
            }
            else
            {
                opaque[i] = values[i];
            }
        }

        // Nulls, what is too long and what is no address: the places of addresses are null here, and are filled below.
        if (addresses.Count < values.Length)
        {
            _opaque.Mask(opaque, tokens, fits);
        }

        _cipher.Encrypt(addresses);
        for (var i = 0; i < places.Count; i++)
        {
            tokens[places[i]] = PfxToken.Create(_keyId, addresses[i]);
            fits[places[i]] = true;
        }
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _opaque.Dispose();
    }
}
