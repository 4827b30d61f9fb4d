using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Unit.Aws;

/// <summary>The real client with faults that no server can be made to show. A hook takes the request and the real call.</summary>
internal sealed class FaultyClient(ISqsClient inner) : ISqsClient
{
    public Func<ReceiveMessageRequest, Func<Task<ReceiveMessageResponse>>, Task<ReceiveMessageResponse>> OnReceive { get; init; } =
        (_, call) => call();

    public Func<DeleteMessageBatchRequest, Func<Task<DeleteMessageBatchResponse>>, Task<DeleteMessageBatchResponse>> OnDelete { get; init; } =
        (_, call) => call();

    public Func<ChangeMessageVisibilityBatchRequest, Func<Task<ChangeMessageVisibilityBatchResponse>>, Task<ChangeMessageVisibilityBatchResponse>> OnVisibility { get; init; } =
        (_, call) => call();

    public Func<SendMessageBatchRequest, Func<SendMessageBatchRequest, Task<SendMessageBatchResponse>>, Task<SendMessageBatchResponse>> OnSend { get; init; } =
        (request, call) => call(request);

    public Func<Func<Task<GetQueueAttributesResponse>>, Task<GetQueueAttributesResponse>> OnAttributes { get; init; } =
        call => call();

    public Task<ListQueuesResponse> ListQueuesAsync(ListQueuesRequest request, CancellationToken cancellationToken) =>
        inner.ListQueuesAsync(request, cancellationToken);

    public Task<GetQueueUrlResponse> GetQueueUrlAsync(GetQueueUrlRequest request, CancellationToken cancellationToken) =>
        inner.GetQueueUrlAsync(request, cancellationToken);

    public Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken) =>
        OnAttributes(() => inner.GetQueueAttributesAsync(request, cancellationToken));

    public Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken) =>
        OnReceive(request, () => inner.ReceiveMessageAsync(request, cancellationToken));

    public Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken) =>
        OnDelete(request, () => inner.DeleteMessageBatchAsync(request, cancellationToken));

    public Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken) =>
        OnVisibility(request, () => inner.ChangeMessageVisibilityBatchAsync(request, cancellationToken));

    public Task<SendMessageBatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken) =>
        OnSend(request, r => inner.SendMessageBatchAsync(r, cancellationToken));

    public void Dispose() => inner.Dispose();
}
