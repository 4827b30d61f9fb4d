namespace LoginEtl.Audit;

/// <summary>What is recovered from: where the anchors stand.</summary>
/// <param name="DatabaseName">By the server's word.</param>
/// <param name="Table">The table with the masked values, with its schema.</param>
public sealed record AuditTarget(string DatabaseName, string Table)
{
    /// <inheritdoc/>
    public override string ToString() => $"{DatabaseName}: {Table}";
}
