using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.SQS;
using Amazon.SQS.Internal;
using Amazon.SQS.Model;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Direct;
using LoginEtl.Run;

namespace LoginEtl.Aws.Protocols;

/// <summary>SQS by AWSSDK.SQS, which speaks AWS JSON 1.0.</summary>
internal sealed class SdkSqsClient(SqsServiceClient service, ServiceCalls calls) : ISqsClient
{
    public CallCounts Made => calls.Made;

    public Task<ListQueuesResponse> ListQueuesAsync(ListQueuesRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("ListQueues", token => service.ListQueuesAsync(request, token), cancellationToken);

    public Task<GetQueueUrlResponse> GetQueueUrlAsync(
        GetQueueUrlRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("GetQueueUrl", token => service.GetQueueUrlAsync(request, token), cancellationToken);

    public Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("GetQueueAttributes", token => service.GetQueueAttributesAsync(request, token), cancellationToken);

    public Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "ReceiveMessage", token => service.ReceiveMessageAsync(request, token), cancellationToken,
            TimeSpan.FromSeconds(request.WaitTimeSeconds ?? 0));

    public Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("DeleteMessageBatch", token => service.DeleteMessageBatchAsync(request, token), cancellationToken);

    public Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync(
            "ChangeMessageVisibilityBatch", token => service.ChangeMessageVisibilityBatchAsync(request, token),
            cancellationToken);

    public Task<SendMessageBatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("SendMessageBatch", token => service.SendMessageBatchAsync(request, token), cancellationToken);

    public Task<CreateQueueResponse> CreateQueueAsync(CreateQueueRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("CreateQueue", token => service.CreateQueueAsync(request, token), cancellationToken);

    public Task<DeleteQueueResponse> DeleteQueueAsync(DeleteQueueRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("DeleteQueue", token => service.DeleteQueueAsync(request, token), cancellationToken);

    public Task<StartMessageMoveTaskResponse> StartMessageMoveTaskAsync(
        StartMessageMoveTaskRequest request, CancellationToken cancellationToken) =>
        calls.CallAsync("StartMessageMoveTask", token => service.StartMessageMoveTaskAsync(request, token), cancellationToken);

    public void Dispose() => service.Dispose();
}

/// <summary>The SDK's client of SQS at one endpoint, without what would make one bad message the fault of a whole answer.</summary>
internal sealed class SqsServiceClient : AmazonSQSClient
{
    private static readonly ShapedUnmarshaller s_deleted = new(DeleteMessageBatchResponseUnmarshaller.Instance);
    private readonly DirectCalls? _direct;

    /// <param name="credentials">Sign the calls.</param>
    /// <param name="endpoint">Where they go, and the region that they are signed for.</param>
    /// <param name="connectTimeout">Of one connection.</param>
    /// <param name="direct">Receives and deletes past the SDK's chain of handlers.</param>
    public SqsServiceClient(AWSCredentials credentials, QueueEndpoint endpoint, TimeSpan connectTimeout, bool direct)
        : base(credentials, SdkSettings.Of(new SqsConfig(), endpoint, connectTimeout)) =>
        // Of a path, signatures have two encodings; no server of SQS has one.
        _direct = direct && endpoint.Url.AbsolutePath == "/" ? new DirectCalls(credentials, endpoint, Config) : null;

    // Bodies are personal data: no logging of responses, whatever AWSConfigs says.
    protected override bool SupportResponseLogging => false;

    public override Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken = default) =>
        DirectlyAsync<ReceiveMessageResponse>(
            request, ReceiveMessageRequestMarshaller.Instance, ReceiveUnmarshaller.Default, cancellationToken);

    public override Task<ListQueuesResponse> ListQueuesAsync(
        ListQueuesRequest request, CancellationToken cancellationToken = default) =>
        ShapedAsync<ListQueuesResponse>(request, ListQueuesRequestMarshaller.Instance, ListQueuesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken = default) =>
        ShapedAsync<GetQueueAttributesResponse>(request, GetQueueAttributesRequestMarshaller.Instance, GetQueueAttributesResponseUnmarshaller.Instance, cancellationToken);

    public override Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken = default) =>
        DirectlyAsync<DeleteMessageBatchResponse>(request, DeleteMessageBatchRequestMarshaller.Instance, s_deleted, cancellationToken);

    public override Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken = default) =>
        ShapedAsync<ChangeMessageVisibilityBatchResponse>(request, ChangeMessageVisibilityBatchRequestMarshaller.Instance, ChangeMessageVisibilityBatchResponseUnmarshaller.Instance, cancellationToken);

    public override Task<SendMessageBatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken = default) =>
        ShapedAsync<SendMessageBatchResponse>(request, SendMessageBatchRequestMarshaller.Instance, SendMessageBatchResponseUnmarshaller.Instance, cancellationToken);

    private async Task<T> DirectlyAsync<T>(
        AmazonWebServiceRequest request, IMarshaller<IRequest, AmazonWebServiceRequest> marshaller, JsonResponseUnmarshaller unmarshaller, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse, new()
    {
        if (_direct is not null)
        {
            try
            {
                return await _direct.CallAsync<T>(marshaller.Marshall(request), unmarshaller, cancellationToken).ConfigureAwait(false);
            }
            catch (AmazonServiceException e) when (SqsErrorCodes.Fault(e.StatusCode, e.ErrorCode) == SqsFault.Denied)
            {
                // A clock that is wrong is corrected by the SDK, and what it says of the rest is what counts.
            }
        }

        return await InvokeAsync<T>(request, marshaller, unmarshaller, cancellationToken).ConfigureAwait(false);
    }

    private Task<T> ShapedAsync<T>(
        AmazonWebServiceRequest request, IMarshaller<IRequest, AmazonWebServiceRequest> marshaller, JsonResponseUnmarshaller unmarshaller, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse, new() => InvokeAsync<T>(request, marshaller, new ShapedUnmarshaller(unmarshaller), cancellationToken);

    /// <summary>A call in a form of its own, through the same pipeline.</summary>
    public Task<T> InvokeAsync<T>(
        AmazonWebServiceRequest request, IMarshaller<IRequest, AmazonWebServiceRequest> marshaller,
        ResponseUnmarshaller unmarshaller, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse, new() =>
        InvokeAsync<T>(
            request, new InvokeOptions { RequestMarshaller = marshaller, ResponseUnmarshaller = unmarshaller },
            cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _direct?.Dispose();
        base.Dispose(disposing);
    }

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
