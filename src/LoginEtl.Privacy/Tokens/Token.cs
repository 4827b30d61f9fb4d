namespace LoginEtl.Tokens;

/// <summary>
/// A masked value as it stands in the database: ASCII, at most <see cref="MaxLength"/> characters, with a prefix that
/// names method and key (<c>siv1.…</c>, <c>mac1.…</c>, <c>pfx1.…</c>). Made only by a masker, so a token can never hold plaintext.
/// </summary>
public sealed class Token : IEquatable<Token>
{
    /// <summary>Longest token in characters: the width of the masked columns.</summary>
    public const int MaxLength = 256;

    internal Token(string text, SealedOriginal? original = null) => (Text, Original) = (text, original);

    /// <summary>The token's characters.</summary>
    public string Text { get; }

    /// <summary>What goes to the vault with it; null where nothing does.</summary>
    internal SealedOriginal? Original { get; }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <inheritdoc/>
    public bool Equals(Token? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Token);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Text, StringComparison.Ordinal);
}
