using System.Net;
using System.Text.RegularExpressions;
using Amazon;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// What the host of a queue's URL tells. The SDK's own reading of hosts is not used: it gives us-east-1, or asks instance
/// metadata, where a host tells nothing, and believes any host that a region's name stands in.
/// </summary>
internal static partial class QueueHost
{
    // The legacy name of the first region is the one without a region.
    private const string OfTheFirstRegion = "queue.amazonaws.com";
    private const string Region = "(?<region>[a-z]{2,}(?:-[a-z0-9]+)+)";

    /// <summary>Whether it is on this machine: 127.0.0.0/8, ::1, <c>localhost</c> and what ends in <c>.localhost</c> (RFC 6761).</summary>
    public static bool IsLoopback(Uri url) => Name(url) is var host && (IPAddress.TryParse(host, out var address)
        ? IPAddress.IsLoopback(address)
        : host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal));

    /// <summary>
    /// The region that the host is in, if it is one of SQS by the SDK's partitions, or an emulator's on loopback; else null.
    /// </summary>
    public static string? RegionOf(Uri url) =>
        Name(url) == OfTheFirstRegion ? RegionEndpoint.USEast1.SystemName
        : OfSqs().Match(Name(url)) is { Success: true } sqs && (IsPartitions(sqs) || IsLoopback(url)) ? sqs.Groups["region"].Value
        : null;

    /// <summary>Whether it is the region's own, by whichever name, so that another name of the region does as well.</summary>
    public static bool IsRegions(Uri url) =>
        Name(url) == OfTheFirstRegion || (OfSqs().Match(Name(url)) is { Success: true } sqs && IsPartitions(sqs) && !sqs.Groups["vpce"].Success);

    private static string Name(Uri url) => url.IdnHost.TrimEnd('.');

    private static bool IsPartitions(Match sqs)
    {
        var partition = Fn.Partition(sqs.Groups["region"].Value);
        return sqs.Groups["suffix"].Value is var suffix && (suffix == partition.dnsSuffix || suffix == partition.dualStackDnsSuffix);
    }

    // sqs.REGION.SUFFIX, a VPC endpoint's vpce-….sqs.REGION.vpce.SUFFIX, and the legacy REGION.queue.SUFFIX.
    [GeneratedRegex("^(?:(?:[^.]+[.])?sqs(?:-fips)?[.]" + Region + "(?<vpce>[.]vpce)?|" + Region + "[.]queue)[.](?<suffix>.+)$")]
    private static partial Regex OfSqs();
}

/// <summary>Where to connect, and the region to sign for.</summary>
/// <param name="Url">Scheme, host, port and path; no user name.</param>
/// <param name="Region">Such as <c>eu-central-1</c>.</param>
internal sealed record QueueEndpoint(Uri Url, string Region)
{
    /// <summary>Whether it is on this machine: counts are exact there, and no proxy is used.</summary>
    public bool IsLocal => QueueHost.IsLoopback(Url);
}
