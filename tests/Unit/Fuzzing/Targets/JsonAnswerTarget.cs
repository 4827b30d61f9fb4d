using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Client.Wire;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Answers of the JSON protocol.</summary>
internal sealed class JsonAnswerTarget : AnswerTarget
{
    public override string Name => "answers-json";

    // Up to eight exceptions of the JSON reader, with their traces.
    public override (long Own, long PerByte) Allocation => (256 * 1024, 64);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Texts(
            "\"Messages\":[", "\"MessageId\":", "\"ReceiptHandle\":", "\"MD5OfBody\":", "\"Body\":", "\"Attributes\":{", "\"SentTimestamp\":",
            "\"ApproximateReceiveCount\":", "\"SequenceNumber\":", "\"MessageGroupId\":", "\"Successful\":[", "\"Failed\":[", "\"QueueUrl\":"),
    ];

    protected override string? Queue(byte[] answer) =>
        JsonSqsClient.Read("GetQueueUrl", answer, WireJson.Default.GetQueueUrlResponse).QueueUrl;

    protected override Dictionary<string, string?>? Attributes(byte[] answer) =>
        JsonSqsClient.Read("GetQueueAttributes", answer, WireJson.Default.GetQueueAttributesResponse).Attributes;

    protected override BatchResponse Batch(byte[] answer) =>
        JsonSqsClient.Read("DeleteMessageBatch", answer, WireJson.Default.BatchResponse);

    protected override IReadOnlyList<WireMessage?> Messages(byte[] answer) =>
        JsonSqsClient.Read("ReceiveMessage", answer, WireJson.Default.ReceiveMessageResponse).Messages ?? [];
}
