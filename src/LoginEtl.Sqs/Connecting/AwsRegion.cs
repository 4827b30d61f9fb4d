using Amazon;

namespace LoginEtl.Sqs.Connecting;

/// <summary>What AWS regions are called, and where their services are.</summary>
internal static class AwsRegion
{
    /// <summary>Emulators take any region.</summary>
    public const string OfEmulators = "us-east-1";

    /// <summary>Null where the environment names none.</summary>
    public static string? Of(Func<string, string?> environment) =>
        AwsVariable.NotEmpty(environment("AWS_REGION")) ?? AwsVariable.NotEmpty(environment("AWS_DEFAULT_REGION"));

    /// <summary>Whether it can be a region's name: it becomes a part of host names.</summary>
    public static bool IsName(string region) =>
        Uri.CheckHostName(region) == UriHostNameType.Dns && !region.Contains('.', StringComparison.Ordinal);

    /// <summary>The region's own endpoint of a service.</summary>
    /// <param name="service">As host names begin: <c>sqs</c>, <c>kms</c>.</param>
    /// <param name="region">A region's name.</param>
    /// <param name="environment">Environment variables.</param>
    public static Uri EndpointOf(string service, string region, Func<string, string?> environment)
    {
        var fips = AwsVariable.IsTrue(environment("AWS_USE_FIPS_ENDPOINT"));
        var suffix = RegionEndpoint.GetBySystemName(region).PartitionDnsSuffix;
        return new Uri($"https://{service}{(fips ? "-fips" : "")}.{region}.{suffix}/");
    }
}
