using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Queues;

/// <summary>Finds the endpoint of a queue.</summary>
internal static class QueueEndpoints
{
    /// <summary>
    /// A configured endpoint, else the host of the queue's URL, else the region's own. Where the queue's own host or
    /// region is connected to, its region is signed for, whatever else is configured: no other is accepted there, and
    /// another region may have a queue of this name. Behind a configured endpoint the configured region counts.
    /// </summary>
    /// <exception cref="LoginEtlException">
    /// <c>InvalidQueueSetting</c>: no region, an endpoint that is no URL, or one that cannot be of the kind asked for.
    /// </exception>
    public static QueueEndpoint Resolve(QueueSettings settings, QueueAddress address, Func<string, string?> environment)
    {
        var configuration = new ServiceConfiguration(AwsService.Sqs, settings, environment, ErrorId.InvalidQueueSetting);
        return configuration.Endpoint(settings.EndpointUrl) is { } endpoint
            ? configuration.Resolve(endpoint, configuration.Region ?? QueueHost.RegionOf(endpoint) ?? address.Region)
            : configuration.Resolve(OwnHost(address.Url, configuration), address.Region ?? configuration.Region);
    }

    // A URL that the user gave is a setting; one that a server returned is never connected to. A region's plain host is
    // no setting against FIPS: the same queue is at the region's FIPS host.
    private static Uri? OwnHost(Uri? queueUrl, ServiceConfiguration configuration) =>
        queueUrl is null || (configuration.WantsRegionsOwn && QueueHost.IsRegions(queueUrl))
            ? null
            : new Uri(queueUrl.GetLeftPart(UriPartial.Authority) + "/");
}
