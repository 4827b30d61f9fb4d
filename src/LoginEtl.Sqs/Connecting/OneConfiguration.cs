using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace LoginEtl.Sqs.Connecting;

/// <summary>The SDK's defaults, whatever the region and the profile's defaults_mode.</summary>
internal sealed class OneConfiguration : IDefaultConfigurationProvider
{
    private static readonly DefaultConfiguration Only = new()
    {
        Name = DefaultConfigurationMode.Standard,
        RetryMode = RequestRetryMode.Standard,
    };

    public IDefaultConfiguration GetDefaultConfiguration(
        Amazon.RegionEndpoint clientRegion, DefaultConfigurationMode? requestedConfigurationMode = null) => Only;
}
