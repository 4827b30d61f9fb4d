using Amazon.KeyManagementService;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Kms;

/// <summary>The SDK's client of AWS KMS at one endpoint. Answers hold keys: none is logged, and each is zeroed once it is read.</summary>
/// <param name="credentials">Sign the calls.</param>
/// <param name="endpoint">Where they go.</param>
/// <param name="connectTimeout">Of one connection.</param>
internal sealed class KmsServiceClient(AWSCredentials credentials, QueueEndpoint endpoint, TimeSpan connectTimeout)
    : AmazonKeyManagementServiceClient(
        credentials, SdkSettings.Of(new KmsConfig(), endpoint, connectTimeout, zeroAnswers: true))
{
    protected override bool SupportResponseLogging => false;

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        ClockSkewRetry.ReplaceIn(pipeline);
    }

    private sealed class KmsConfig : AmazonKeyManagementServiceConfig
    {
        public override string UserAgent => SdkSettings.UserAgent;
    }
}
