namespace LoginEtl.Aws.Checks;

/// <summary>What is looked at.</summary>
internal static class CheckNames
{
    public const string Credentials = "Credentials";
    public const string Queue = "Queue";
    public const string Protocol = "Protocol";
    public const string RedrivePolicy = "Redrive policy";
    public const string Retention = "Retention";
    public const string VisibilityTimeout = "Visibility timeout";
    public const string Encryption = "Encryption";
}
