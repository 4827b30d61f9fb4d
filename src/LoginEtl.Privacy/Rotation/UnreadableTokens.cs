namespace LoginEtl.Rotation;

/// <summary>Values that a rotation left as they are, because it cannot know what they say.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Prefix">What they begin with; null for what is no token.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record UnreadableTokens(string Attribute, string? Prefix, long Rows, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rows} of {Attribute} under {Prefix ?? "no prefix"}: {Reason}";
}
