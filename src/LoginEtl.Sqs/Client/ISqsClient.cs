using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client;

/// <summary>
/// The operations of SQS that a run needs, whatever protocol carries them. Every call has its own timeout and is tried
/// once; whoever calls decides on retries.
/// </summary>
/// <remarks>
/// All throw <see cref="SqsException"/>, and <see cref="OperationCanceledException"/> only for the caller's token.
/// </remarks>
internal interface ISqsClient : IDisposable
{
    Task<GetQueueUrlResponse> GetQueueUrlAsync(GetQueueUrlRequest request, CancellationToken cancellationToken);

    Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken);

    Task<ReceiveMessageResponse> ReceiveMessageAsync(ReceiveMessageRequest request, CancellationToken cancellationToken);

    Task<BatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken);

    Task<BatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken);

    Task<BatchResponse> SendMessageBatchAsync(SendMessageBatchRequest request, CancellationToken cancellationToken);
}
