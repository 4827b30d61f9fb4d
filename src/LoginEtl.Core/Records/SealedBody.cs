namespace LoginEtl.Records;

/// <summary>A rejected body, encrypted to the quarantine's public key: the masking host cannot read it back.</summary>
public sealed class SealedBody
{
    // A field, and no property: the bytes are for the quarantine column, not for screens.
    private readonly byte[] _bytes;

    internal SealedBody(byte[] bytes) => _bytes = bytes;

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>The sealed bytes; their layout is in docs/tokens.md.</summary>
    public ReadOnlyMemory<byte> AsMemory() => _bytes;

    /// <inheritdoc/>
    public override string ToString() => $"sealed, {Length} bytes";
}
