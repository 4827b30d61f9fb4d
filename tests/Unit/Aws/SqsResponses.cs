using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers as the client hands them on.</summary>
internal static class SqsResponses
{
    public static ReceiveMessageResponse Received(IEnumerable<Message> messages) => new() { Messages = [.. messages] };

    public static SqsMessage Message(string id, string handle, string body, Dictionary<string, string>? attributes = null) =>
        new() { MessageId = id, ReceiptHandle = handle, BodyBytes = Encoding.UTF8.GetBytes(body), Attributes = attributes };

    /// <summary>None of these entries was deleted.</summary>
    public static DeleteMessageBatchResponse NotDeleted(IEnumerable<DeleteMessageBatchRequestEntry> entries, string code, bool senderFault) =>
        new() { Failed = [.. entries.Select(e => Failed(e.Id, code, senderFault))] };

    public static BatchResultErrorEntry Failed(string id, string code, bool senderFault) =>
        new() { Id = id, Code = code, SenderFault = senderFault };
}
