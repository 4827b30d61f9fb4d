using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>
/// The SDK's settings for one endpoint. In 4.x reading one of ServiceURL and RegionEndpoint clears or probes the other,
/// so neither is left to the SDK: the endpoint and the signing region are set, and nothing is looked up.
/// </summary>
internal sealed class SqsServiceConfig : ClientConfig
{
    private readonly string _service;

    public SqsServiceConfig(Uri endpoint, string region, TimeSpan connectTimeout, string service)
        : base(new OneConfiguration())
    {
        _service = service;
        ServiceURL = endpoint.AbsoluteUri;
        AuthenticationRegion = region;
        AuthenticationServiceName = service;
        RetryMode = RequestRetryMode.Standard;
        MaxErrorRetry = 0;
        AllowAutoRedirect = false;
        DisableLogging = true;
        LogResponse = false;
        LogMetrics = false;
        HttpClientFactory = new BufferedHttpClients(connectTimeout, endpoint.IsLoopback);
    }

    public override string ServiceVersion => "2012-11-05";

    public override string UserAgent => "LoginEtl/" + typeof(SqsServiceConfig).Assembly.GetName().Version?.ToString(3);

    public override string RegionEndpointServiceName => _service;

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        new(ServiceURL);
}
