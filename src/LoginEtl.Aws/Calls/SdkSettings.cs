using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// The SDK's settings for one endpoint. In 4.x reading one of ServiceURL and RegionEndpoint clears or probes the other,
/// so neither is left to the SDK: the endpoint, resolved before, and the signing region are set, and nothing is looked up.
/// </summary>
internal static class SdkSettings
{
    public static string UserAgent { get; } = "LoginEtl/" + typeof(SdkSettings).Assembly.GetName().Version?.ToString(3);

    /// <param name="config">A new one of the service.</param>
    /// <param name="endpoint">Where calls go, and the region that they are signed for.</param>
    /// <param name="connectTimeout">Of one connection.</param>
    /// <param name="zeroAnswers">Answers hold secrets, and are zeroed once they are read.</param>
    public static T Of<T>(T config, QueueEndpoint endpoint, TimeSpan connectTimeout, bool zeroAnswers = false)
        where T : ClientConfig
    {
        // First: what follows reads it.
        config.ServiceURL = endpoint.Url.AbsoluteUri;
        config.EndpointProvider = new StaticEndpointProvider(endpoint.Url.AbsoluteUri);
        config.AuthenticationRegion = endpoint.Region;
        config.IgnoreConfiguredEndpointUrls = true;
        config.UseFIPSEndpoint = false;
        config.UseDualstackEndpoint = false;
        config.DefaultConfigurationMode = DefaultConfigurationMode.Standard;
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = 0;
        config.MaxStaleConnectionRetries = 0;
        config.AllowAutoRedirect = false;
        config.DisableLogging = true;
        config.LogResponse = false;
        config.LogMetrics = false;
        config.HttpClientFactory = new BufferedHttpClients(connectTimeout, endpoint.IsLocal, zeroAnswers);
        return config;
    }
}
