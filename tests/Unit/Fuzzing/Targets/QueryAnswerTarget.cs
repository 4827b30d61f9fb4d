using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Receiving;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Answers of the Query protocol. No entity is expanded, no DTD read.</summary>
internal sealed class QueryAnswerTarget : AnswerTarget
{
    public override string Name => "answers-query";

    // The XML reader's own buffers, and an element of a few letters as an object; four readings.
    public override (long Own, long PerByte) Allocation => (512 * 1024, 1024);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Xml, .. FuzzPieces.Texts(
            "<ReceiveMessageResponse>", "<ReceiveMessageResult>", "<Message>", "</Message>", "<MessageId>", "<ReceiptHandle>", "<Body>", "</Body>",
            "<MD5OfBody>", "<Attribute><Name>", "<Value>", "SentTimestamp", "<DeleteMessageBatchResponse>", "<DeleteMessageBatchResultEntry>",
            "<BatchResultErrorEntry>", "<GetQueueUrlResponse>"),
    ];

    protected override IReadOnlyList<Message> Messages(byte[] answer) => QueryAnswer.Read("ReceiveMessage", answer).Messages();

    protected override IEnumerable<Action> Others(byte[] answer) =>
    [
        () => _ = QueryAnswer.Read("GetQueueUrl", answer).QueueUrl,
        () => QueryAnswer.Read("GetQueueAttributes", answer).Attributes(),
        () => QueryAnswer.Read("DeleteMessageBatch", answer).Succeeded("DeleteMessageBatchResultEntry"),
        () => BatchEntries.FailedForGood(QueryAnswer.Read("DeleteMessageBatch", answer).Failed(), SqsQuotas.EntriesPerCall),
    ];
}
