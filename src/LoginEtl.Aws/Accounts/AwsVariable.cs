namespace LoginEtl.Aws.Accounts;

/// <summary>How AWS's tools read their variables.</summary>
internal static class AwsVariable
{
    /// <summary>Without blanks around it; null for one that is not set or empty.</summary>
    public static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
