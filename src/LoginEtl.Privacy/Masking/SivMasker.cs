using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Tokens;

namespace LoginEtl.Masking;

/// <summary>
/// Tokens of one attribute under its primary key, many values a call. Byte for byte what <see cref="AesSiv"/> gives.
/// Not thread-safe.
/// </summary>
internal sealed class SivMasker : IMasker
{
    private const int Block = Padding.BlockSize;
    private readonly uint _keyId;
    private readonly Func<string, string> _canonicalForm;
    private readonly SivBatch _group;

    public SivMasker(Keyset keyset, string attribute, Func<string, string> canonicalForm)
        : this(keyset, keyset.Primary, attribute, canonicalForm)
    {
    }

    /// <summary>Under another key than the primary: how rows of a value are found during a rotation.</summary>
    public SivMasker(Keyset keyset, KeysetKey named, string attribute, Func<string, string> canonicalForm)
    {
        _keyId = named.Id;
        _canonicalForm = canonicalForm;
        using var key = KeyMaterial.ReadAesSiv(keyset, named);
        _group = new SivBatch(key.Span, attribute);
    }

    /// <inheritdoc/>
    public void Mask(ReadOnlySpan<Plaintext?> values, Span<Token?> tokens, Span<bool> fits)
    {
        var length = Gather(values, fits);
        _group.Authenticate(values.Length);
        _group.Stream(values.Length, _group.Vs);
        for (var i = 0; i < values.Length; i++)
        {
            var (start, end) = (_group.Starts[i], _group.Starts[i + 1]);
            if (end == start)
            {
                tokens[i] = null;
                continue;
            }

            var c = _group.Plain.AsSpan(start, end - start);
            for (var at = 0; at < c.Length; at += Block)
            {
                BlockMath.Xor(c[at..], _group.KeyStream[(start + at)..]);
            }

            tokens[i] = SivToken.Create(_keyId, _group.Vs.AsSpan(i * Block, Block), c);
        }

        _group.ClearKeyStream(length);
    }

    public void Dispose() => _group.Dispose();

    /// <summary>Writes all padded plaintexts one after the other and answers their total length in bytes.</summary>
    private int Gather(ReadOnlySpan<Plaintext?> values, Span<bool> fits)
    {
        _group.Reserve(values.Length);
        var length = 0;
        for (var i = 0; i < values.Length; i++)
        {
            _group.Starts[i] = length;
            fits[i] = MaskableText.Of(values[i], _canonicalForm, out var text);
            if (text is not null)
            {
                length += Padding.Write(text, _group.Plain.AsSpan(length));
            }
        }

        _group.Starts[values.Length] = length;
        return length;
    }
}
