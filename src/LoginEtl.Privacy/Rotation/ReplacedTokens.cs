namespace LoginEtl.Rotation;

/// <summary>What became of changes: rows that somebody changed meanwhile are not among them.</summary>
/// <param name="Rows">Rows changed.</param>
/// <param name="Tokens">Values replaced in them, of both columns.</param>
public readonly record struct ReplacedTokens(long Rows, long Tokens);
