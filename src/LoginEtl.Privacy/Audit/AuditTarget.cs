namespace LoginEtl.Audit;

/// <summary>What is recovered from: where the anchors stand.</summary>
/// <param name="Database">Its name, by the server's word.</param>
/// <param name="Table">The table with the masked values, with its schema.</param>
public sealed record AuditTarget(string Database, string Table)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Database}: {Table}";
}
