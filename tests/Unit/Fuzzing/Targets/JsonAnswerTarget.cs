using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Answers to a receive in JSON; the SDK reads all others.</summary>
internal sealed class JsonAnswerTarget : AnswerTarget
{
    public override string Name => "answers-json";

    // Up to eight exceptions of the JSON reader, with their traces.
    public override (long Own, long PerByte) Allocation => (256 * 1024, 64);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Texts(
            "\"Messages\":[", "\"MessageId\":", "\"ReceiptHandle\":", "\"MD5OfBody\":", "\"Body\":", "\"Attributes\":{", "\"SentTimestamp\":",
            "\"ApproximateReceiveCount\":", "\"SequenceNumber\":", "\"MessageGroupId\":"),
    ];

    protected override IReadOnlyList<Message> Messages(byte[] answer) => ReceiveUnmarshaller.Read(answer).Messages;
}
