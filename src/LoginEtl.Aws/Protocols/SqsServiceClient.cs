using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.SQS;
using Amazon.SQS.Internal;
using Amazon.SQS.Model;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Protocols;

/// <summary>The SDK's client of SQS at one endpoint, without what would make one bad message the fault of a whole answer.</summary>
/// <param name="credentials">Sign the calls.</param>
/// <param name="endpoint">Where they go, and the region that they are signed for.</param>
/// <param name="connectTimeout">Of one connection.</param>
internal sealed class SqsServiceClient(AWSCredentials credentials, QueueEndpoint endpoint, TimeSpan connectTimeout)
    : AmazonSQSClient(credentials, SdkSettings.Of(new SqsConfig(), endpoint, connectTimeout))
{
    // Bodies are personal data: no logging of responses, whatever AWSConfigs says.
    protected override bool SupportResponseLogging => false;

    public override Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken = default) =>
        InvokeAsync<ReceiveMessageResponse>(
            request, ReceiveMessageRequestMarshaller.Instance, ReceiveUnmarshaller.Default, cancellationToken);

    /// <summary>A call in a form of its own, through the same pipeline.</summary>
    public Task<T> InvokeAsync<T>(
        AmazonWebServiceRequest request, IMarshaller<IRequest, AmazonWebServiceRequest> marshaller,
        ResponseUnmarshaller unmarshaller, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse, new() =>
        InvokeAsync<T>(
            request, new InvokeOptions { RequestMarshaller = marshaller, ResponseUnmarshaller = unmarshaller },
            cancellationToken);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        // It refuses all ten messages for one checksum. Each is looked at by itself (Receiving.MessageReader).
        pipeline.RemoveHandler<ValidationResponseHandler>();
        ClockSkewRetry.ReplaceIn(pipeline);
    }

    private sealed class SqsConfig : AmazonSQSConfig
    {
        public override string UserAgent => SdkSettings.UserAgent;
    }
}
