using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LoginEtl.Sqs.Client.Pipeline;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Sqs.Client;

/// <summary>SQS over AWS JSON 1.0.</summary>
internal sealed class JsonSqsClient(SqsTransport transport) : ISqsClient
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task<GetQueueUrlResponse> GetQueueUrlAsync(
        GetQueueUrlRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "GetQueueUrl", request, WireJson.Default.GetQueueUrlRequest, WireJson.Default.GetQueueUrlResponse,
            TimeSpan.Zero, cancellationToken);

    public Task<GetQueueAttributesResponse> GetQueueAttributesAsync(
        GetQueueAttributesRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "GetQueueAttributes", request, WireJson.Default.GetQueueAttributesRequest,
            WireJson.Default.GetQueueAttributesResponse, TimeSpan.Zero, cancellationToken);

    public Task<ReceiveMessageResponse> ReceiveMessageAsync(
        ReceiveMessageRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "ReceiveMessage", request, WireJson.Default.ReceiveMessageRequest, WireJson.Default.ReceiveMessageResponse,
            TimeSpan.FromSeconds(request.WaitTimeSeconds), cancellationToken);

    public Task<BatchResponse> DeleteMessageBatchAsync(
        DeleteMessageBatchRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "DeleteMessageBatch", request, WireJson.Default.DeleteMessageBatchRequest, WireJson.Default.BatchResponse,
            TimeSpan.Zero, cancellationToken);

    public Task<BatchResponse> ChangeMessageVisibilityBatchAsync(
        ChangeMessageVisibilityBatchRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "ChangeMessageVisibilityBatch", request, WireJson.Default.ChangeMessageVisibilityBatchRequest,
            WireJson.Default.BatchResponse, TimeSpan.Zero, cancellationToken);

    public Task<BatchResponse> SendMessageBatchAsync(
        SendMessageBatchRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            "SendMessageBatch", request, WireJson.Default.SendMessageBatchRequest, WireJson.Default.BatchResponse,
            TimeSpan.Zero, cancellationToken);

    public void Dispose() => transport.Dispose();

    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(
        string operation, TRequest request, JsonTypeInfo<TRequest> asked, JsonTypeInfo<TAnswer> answered,
        TimeSpan longPoll, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var call = SqsCall.Json(operation, Serialize(request, asked));
        var answer = await transport.CallAsync(call, longPoll, cancellationToken).ConfigureAwait(false);
        return Read(operation, answer, answered);
    }

    private static byte[] Serialize<T>(T request, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            JsonSerializer.Serialize(writer, request, type);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an answer; an empty one is one without members.</summary>
    /// <exception cref="SqsException">It is no answer to this operation; nothing of it is quoted.</exception>
    internal static T Read<T>(string operation, byte[] answer, JsonTypeInfo<T> type)
        where T : class
    {
        if (!JsonLiterals.AreWhole(answer))
        {
            throw new SqsException(operation, SqsFault.Garbled, "UnreadableAnswer");
        }

        try
        {
            return JsonSerializer.Deserialize(answer.Length == 0 ? "{}"u8 : answer, type)
                ?? throw new SqsException(operation, SqsFault.Garbled, "EmptyAnswer");
        }
        catch (JsonException)
        {
            throw new SqsException(operation, SqsFault.Garbled, "UnreadableAnswer");
        }
    }
}
