using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Protocols;

/// <summary>SQS by AWSSDK.SQS, which speaks AWS JSON 1.0.</summary>
internal sealed class SdkSqsClient(SqsServiceClient service, ServiceCalls calls) : ISqsClient
{
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

    public void Dispose() => service.Dispose();
}
