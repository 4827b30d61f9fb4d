using LoginEtl.Sqs.Client.Pipeline;
using LoginEtl.Sqs.Client.Query;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client;

/// <summary>
/// SQS over the legacy Query protocol: a form to the path of the queue's URL, answered in XML. AWS still speaks it;
/// older emulators speak nothing else.
/// </summary>
internal sealed class QuerySqsClient(SqsTransport transport) : ISqsClient
{
    public async Task<GetQueueUrlResponse> GetQueueUrlAsync(
        GetQueueUrlRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "GetQueueUrl", queueUrl: null,
            form => form.Add("QueueName", request.QueueName)
                .Add("QueueOwnerAWSAccountId", request.QueueOwnerAWSAccountId),
            cancellationToken).ConfigureAwait(false);
        return new GetQueueUrlResponse(answer.QueueUrl);
    }

    public async Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "GetQueueAttributes", request.QueueUrl,
            form => form.AddList("AttributeName", request.AttributeNames),
            cancellationToken).ConfigureAwait(false);
        return new GetQueueAttributesResponse(answer.Attributes());
    }

    public async Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            "ReceiveMessage", request.QueueUrl,
            form => form.Add("MaxNumberOfMessages", request.MaxNumberOfMessages)
                .Add("WaitTimeSeconds", request.WaitTimeSeconds)
                .Add("VisibilityTimeout", request.VisibilityTimeout)
                .AddList("AttributeName", request.AttributeNames)
                .AddList("MessageSystemAttributeName", request.MessageSystemAttributeNames),
            cancellationToken, TimeSpan.FromSeconds(request.WaitTimeSeconds)).ConfigureAwait(false);
        return new ReceiveMessageResponse(answer.Messages());
    }

    public Task<BatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "DeleteMessageBatch", request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".ReceiptHandle", entry.ReceiptHandle),
            cancellationToken);

    public Task<BatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "ChangeMessageVisibilityBatch", request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".ReceiptHandle", entry.ReceiptHandle)
                .Add(prefix + ".VisibilityTimeout", entry.VisibilityTimeout),
            cancellationToken);

    public Task<BatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "SendMessageBatch", request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".MessageBody", entry.MessageBody)
                .Add(prefix + ".MessageGroupId", entry.MessageGroupId)
                .Add(prefix + ".MessageDeduplicationId", entry.MessageDeduplicationId),
            cancellationToken);

    public void Dispose() => transport.Dispose();

    private async Task<BatchResponse> BatchAsync<T>(
        string operation, string queueUrl, IEnumerable<T> entries, Action<QueryForm, string, T> add,
        CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            operation, queueUrl, form => form.AddEntries(operation + "RequestEntry", entries, add), cancellationToken)
            .ConfigureAwait(false);
        return answer.Batch(operation + "ResultEntry");
    }

    private async Task<QueryAnswer> CallAsync(
        string operation, string? queueUrl, Func<QueryForm, QueryForm> fill, CancellationToken cancellationToken,
        TimeSpan longPoll = default)
    {
        var form = fill(new QueryForm(operation).Add("QueueUrl", queueUrl));
        var call = SqsCall.Query(operation, form.ToBytes(), PathOf(queueUrl));
        var answer = await transport.CallAsync(call, longPoll, cancellationToken).ConfigureAwait(false);
        return QueryAnswer.Read(operation, answer);
    }

    // Of a URL that a server returned, the host is never connected to.
    private static string? PathOf(string? queueUrl) =>
        queueUrl is not null && Uri.TryCreate(queueUrl, UriKind.Absolute, out var url) ? url.AbsolutePath : null;
}
