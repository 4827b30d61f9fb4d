namespace LoginEtl.Tokens;

/// <summary>What a token is made of, as its prefix says.</summary>
internal enum TokenKind
{
    /// <summary><c>siv1.</c></summary>
    Siv,

    /// <summary><c>mac1.</c>, of the methods mac and escrow.</summary>
    Mac,

    /// <summary><c>pfx1.</c></summary>
    Pfx,
}
