namespace LoginEtl.Aws.Accounts;

/// <summary>What AWS regions are called.</summary>
internal static class AwsRegion
{
    /// <summary>Emulators take any region. It is made up for loopback alone: elsewhere it might be wrong, and nobody would see it.</summary>
    public const string OfEmulators = "us-east-1";

    /// <summary>Null where the environment names none.</summary>
    public static string? Of(Func<string, string?> environment) =>
        AwsVariable.NotEmpty(environment("AWS_REGION")) ?? AwsVariable.NotEmpty(environment("AWS_DEFAULT_REGION"));

    /// <summary>Whether it can be a region's name: it becomes a part of host names.</summary>
    public static bool IsName(string region) =>
        Uri.CheckHostName(region) == UriHostNameType.Dns && !region.Contains('.', StringComparison.Ordinal);
}

/// <summary>How AWS's tools read their variables.</summary>
internal static class AwsVariable
{
    /// <summary>Without blanks around it; null for one that is not set or empty.</summary>
    public static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
