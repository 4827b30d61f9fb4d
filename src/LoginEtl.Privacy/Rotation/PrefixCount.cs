namespace LoginEtl.Rotation;

/// <summary>How many values of a column begin with a prefix.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Prefix">Of a key's tokens; null for what is no token.</param>
/// <param name="Rows">In the table and in the quarantine.</param>
public sealed record PrefixCount(string Attribute, string? Prefix, long Rows);
