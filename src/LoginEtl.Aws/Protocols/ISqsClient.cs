using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Run;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// The operations of SQS that a run needs, in the SDK's own types, whatever protocol carries them. Every call has its own
/// timeout and is tried once; whoever calls decides on retries.
/// </summary>
/// <remarks>
/// All throw <see cref="SqsException"/>, and <see cref="OperationCanceledException"/> only for the caller's token. Lists of
/// a response may be null and may hold nulls.
/// </remarks>
internal interface ISqsClient : IDisposable
{
    /// <summary>Calls that it has made, those that found its queue among them.</summary>
    CallCounts Made { get; }

    Task<ListQueuesResponse> ListQueuesAsync(ListQueuesRequest request, CancellationToken cancellationToken);

    Task<GetQueueUrlResponse> GetQueueUrlAsync(GetQueueUrlRequest request, CancellationToken cancellationToken);

    Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken);

    /// <summary>The messages are <see cref="SqsMessage"/>s.</summary>
    Task<ReceiveMessageResponse> ReceiveMessageAsync(ReceiveMessageRequest request, CancellationToken cancellationToken);

    Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken);

    Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken);

    Task<SendMessageBatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken);

    /// <summary>No run makes queues; a trial of the server does, and the next two calls are its own as well.</summary>
    Task<CreateQueueResponse> CreateQueueAsync(CreateQueueRequest request, CancellationToken cancellationToken);

    Task<DeleteQueueResponse> DeleteQueueAsync(DeleteQueueRequest request, CancellationToken cancellationToken);

    /// <summary>Begins AWS's redrive.</summary>
    Task<StartMessageMoveTaskResponse> StartMessageMoveTaskAsync(StartMessageMoveTaskRequest request, CancellationToken cancellationToken);
}
