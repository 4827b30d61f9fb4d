using Amazon;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Amazon.SQS;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Accounts;

/// <summary>A service as its SDK knows it: its name in variables and profiles, and its endpoint rules.</summary>
internal sealed class AwsService
{
    public static readonly AwsService Sqs = new(static () => new AmazonSQSConfig(), new ListQueuesRequest());
    public static readonly AwsService Kms = new(static () => new AmazonKeyManagementServiceConfig(), new ListKeysRequest());

    private readonly Func<ClientConfig> _config;
    private readonly AmazonWebServiceRequest _call;

    // Neither service's rules ask which call it is.
    private AwsService(Func<ClientConfig> config, AmazonWebServiceRequest call) => (_config, _call) = (config, call);

    /// <summary>Such as <c>AWS_ENDPOINT_URL_SQS</c>.</summary>
    public string EndpointVariable => "AWS_ENDPOINT_URL_" + _config().ServiceId;

    /// <summary>A profile's endpoint_url in its services section, else its own; null for neither.</summary>
    /// <exception cref="AmazonClientException">It is no URL.</exception>
    public string? EndpointUrl(Profile profile)
    {
        var config = _config();
        // Else the SDK takes what the environment said when the process began.
        config.IgnoreConfiguredEndpointUrls = false;
        config.Profile = profile;
        return config.ServiceURL;
    }

    /// <summary>
    /// Where to connect, by the service's rules. All that the SDK would look up is set, so nothing is: neither variables
    /// nor instance metadata.
    /// </summary>
    /// <param name="endpoint">One that is no region's own; null for the region's.</param>
    /// <param name="region">A region's name, which the SDK need not know.</param>
    /// <param name="dualstack">Whether the endpoint must have IPv6.</param>
    /// <param name="fips">Whether its cryptography must be validated by FIPS 140.</param>
    /// <exception cref="AmazonClientException">The rules have no such endpoint.</exception>
    public QueueEndpoint Resolve(Uri? endpoint, string region, bool dualstack, bool fips)
    {
        var config = _config();
        config.IgnoreConfiguredEndpointUrls = true;
        config.UseDualstackEndpoint = dualstack;
        config.UseFIPSEndpoint = fips;
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        // As the SDK writes it, and without the "fips" that old names of regions held.
        region = config.RegionEndpoint.SystemName;
        if (endpoint is not null)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
        }

        return new QueueEndpoint(new Uri(config.DetermineServiceOperationEndpoint(new(_call)).URL), region);
    }
}
