namespace LoginEtl.Tokens;

/// <summary>The original of a mac token, sealed to the vault's public key: the masking host cannot read it back.</summary>
public sealed class SealedOriginal
{
    // A field, and no property: the bytes are for the vault's column, not for screens.
    private readonly byte[] _bytes;

    internal SealedOriginal(string attribute, string token, byte[] bytes) => (Attribute, Token, _bytes) = (attribute, token, bytes);

    /// <summary><c>ip</c> or <c>device_id</c>.</summary>
    public string Attribute { get; }

    /// <summary>The token's characters.</summary>
    public string Token { get; }

    /// <summary>The sealed bytes; their layout is in docs/tokens.md.</summary>
    public ReadOnlyMemory<byte> AsMemory() => _bytes;

    /// <inheritdoc/>
    public override string ToString() => $"sealed, {_bytes.Length} bytes";
}
