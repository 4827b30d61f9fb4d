using Amazon.Runtime;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Run;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// SQS over the legacy Query protocol: a form to the path of the queue's URL, answered in XML. AWS still speaks it;
/// older emulators speak nothing else, and the SDK no longer does.
/// </summary>
internal sealed class QuerySqsClient(SqsServiceClient service, ServiceCalls calls) : ISqsClient
{
    public CallCounts Made => calls.Made;

    public Task<ListQueuesResponse> ListQueuesAsync(ListQueuesRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "ListQueues", request, queueUrl: null,
            form => form.Add("QueueNamePrefix", request.QueueNamePrefix).Add("MaxResults", request.MaxResults).Add("NextToken", request.NextToken),
            answer => new ListQueuesResponse { QueueUrls = answer.QueueUrls, NextToken = answer.NextToken }, cancellationToken);

    public Task<GetQueueUrlResponse> GetQueueUrlAsync(
        GetQueueUrlRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "GetQueueUrl", request, queueUrl: null,
            form => form.Add("QueueName", request.QueueName)
                .Add("QueueOwnerAWSAccountId", request.QueueOwnerAWSAccountId),
            answer => new GetQueueUrlResponse { QueueUrl = answer.QueueUrl }, cancellationToken);

    public Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "GetQueueAttributes", request, request.QueueUrl, form => form.AddList("AttributeName", request.AttributeNames),
            answer => new GetQueueAttributesResponse { Attributes = answer.Attributes() }, cancellationToken);

    public Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "ReceiveMessage", request, request.QueueUrl,
            form => form.Add("MaxNumberOfMessages", request.MaxNumberOfMessages)
                .Add("WaitTimeSeconds", request.WaitTimeSeconds)
                .Add("VisibilityTimeout", request.VisibilityTimeout)
                // Older servers know the first name only.
                .AddList("AttributeName", request.MessageSystemAttributeNames)
                .AddList("MessageSystemAttributeName", request.MessageSystemAttributeNames)
                .AddList("MessageAttributeName", request.MessageAttributeNames ?? []),
            answer => new ReceiveMessageResponse { Messages = answer.Messages() }, cancellationToken,
            TimeSpan.FromSeconds(request.WaitTimeSeconds ?? 0));

    public Task<DeleteMessageBatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "DeleteMessageBatch", request, request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".ReceiptHandle", entry.ReceiptHandle),
            (succeeded, failed) => new DeleteMessageBatchResponse
            {
                Successful = [.. succeeded.Select(e => new DeleteMessageBatchResultEntry { Id = e.Id })],
                Failed = failed,
            },
            cancellationToken);

    public Task<ChangeMessageVisibilityBatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "ChangeMessageVisibilityBatch", request, request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".ReceiptHandle", entry.ReceiptHandle)
                .Add(prefix + ".VisibilityTimeout", entry.VisibilityTimeout),
            (succeeded, failed) => new ChangeMessageVisibilityBatchResponse
            {
                Successful = [.. succeeded.Select(e => new ChangeMessageVisibilityBatchResultEntry { Id = e.Id })],
                Failed = failed,
            },
            cancellationToken);

    public Task<SendMessageBatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken) =>
        BatchAsync(
            "SendMessageBatch", request, request.QueueUrl, request.Entries,
            (form, prefix, entry) => form.Add(prefix + ".Id", entry.Id)
                .Add(prefix + ".MessageBody", entry.MessageBody)
                .Add(prefix + ".MessageGroupId", entry.MessageGroupId)
                .Add(prefix + ".MessageDeduplicationId", entry.MessageDeduplicationId)
                .AddEntries(prefix + ".MessageAttribute", entry.MessageAttributes ?? [], AddAttribute),
            (succeeded, failed) => new SendMessageBatchResponse { Successful = succeeded, Failed = failed },
            cancellationToken);

    public Task<CreateQueueResponse> CreateQueueAsync(CreateQueueRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "CreateQueue", request, queueUrl: null,
            form => form.Add("QueueName", request.QueueName)
                .AddEntries("Attribute", request.Attributes ?? [], (f, prefix, a) => f.Add(prefix + ".Name", a.Key).Add(prefix + ".Value", a.Value))
                .AddEntries("Tag", request.Tags ?? [], (f, prefix, t) => f.Add(prefix + ".Key", t.Key).Add(prefix + ".Value", t.Value)),
            answer => new CreateQueueResponse { QueueUrl = answer.QueueUrl }, cancellationToken);

    public Task<DeleteQueueResponse> DeleteQueueAsync(DeleteQueueRequest request, CancellationToken cancellationToken) =>
        CallAsync("DeleteQueue", request, request.QueueUrl, form => form, _ => new DeleteQueueResponse(), cancellationToken);

    public Task<StartMessageMoveTaskResponse> StartMessageMoveTaskAsync(
        StartMessageMoveTaskRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "StartMessageMoveTask", request, queueUrl: null, form => form.Add("SourceArn", request.SourceArn),
            _ => new StartMessageMoveTaskResponse(), cancellationToken);

    public void Dispose() => service.Dispose();

    private static void AddAttribute(QueryForm form, string prefix, KeyValuePair<string, MessageAttributeValue> attribute) =>
        form.Add(prefix + ".Name", attribute.Key)
            .Add(prefix + ".Value.DataType", attribute.Value.DataType)
            .Add(prefix + ".Value.StringValue", attribute.Value.StringValue)
            .Add(prefix + ".Value.BinaryValue", attribute.Value.BinaryValue is { } bytes ? Convert.ToBase64String(bytes.ToArray()) : null);

    private Task<TAnswer> BatchAsync<TEntry, TAnswer>(
        string operation, AmazonWebServiceRequest request, string queueUrl, IEnumerable<TEntry> entries,
        Action<QueryForm, string, TEntry> add,
        Func<List<SendMessageBatchResultEntry>, List<BatchResultErrorEntry>, TAnswer> read,
        CancellationToken cancellationToken)
        where TAnswer : AmazonWebServiceResponse, new() =>
        CallAsync(
            operation, request, queueUrl, form => form.AddEntries(operation + "RequestEntry", entries, add),
            answer => read(answer.Succeeded(operation + "ResultEntry"), answer.Failed()), cancellationToken);

    private Task<T> CallAsync<T>(
        string operation, AmazonWebServiceRequest request, string? queueUrl, Func<QueryForm, QueryForm> fill,
        Func<QueryAnswer, T> read, CancellationToken cancellationToken, TimeSpan longPoll = default)
        where T : AmazonWebServiceResponse, new()
    {
        var form = fill(new QueryForm(operation).Add("QueueUrl", queueUrl));
        return calls.CallAsync(
            operation,
            token => service.InvokeAsync<T>(
                request, new QueryMarshaller(form, PathOf(queueUrl)), new QueryUnmarshaller<T>(operation, read), token),
            cancellationToken, longPoll);
    }

    // Of a URL that a server returned, the host is never connected to.
    private static string? PathOf(string? queueUrl) =>
        queueUrl is not null && Uri.TryCreate(queueUrl, UriKind.Absolute, out var url) ? url.AbsolutePath : null;
}
