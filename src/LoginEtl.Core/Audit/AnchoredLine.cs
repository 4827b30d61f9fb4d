namespace LoginEtl.Audit;

/// <summary>What the anchor knows of a line.</summary>
/// <param name="FileId">Of the file.</param>
/// <param name="Line">1-based number.</param>
/// <param name="Mac">Its MAC in lower-case hexadecimal.</param>
public sealed record AnchoredLine(Guid FileId, long Line, string Mac);
