using Amazon.SQS.Model;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Aws.Protocols;

/// <summary>
/// A message as it came; every part may be missing. Its body is taken from the answer's bytes without becoming a string
/// on the way, and <see cref="Message.Body"/> stays null.
/// </summary>
internal sealed class SqsMessage : Message
{
    /// <summary>UTF-8; with a <see cref="BodyFault"/>, the bytes as they stood in the answer, escapes and all.</summary>
    public byte[]? BodyBytes { get; set; }

    /// <summary>The queue's ARN, where the message comes in an event; null in an answer.</summary>
    public string? SourceArn { get; set; }

    /// <summary>Why the answer's text could not become UTF-8; null when it could.</summary>
    public RejectReason? BodyFault { get; set; }
}

/// <summary>The system attributes that a poll asks for (SQS API reference, ReceiveMessage).</summary>
internal static class MessageAttributes
{
    public const string SentTimestamp = nameof(SentTimestamp);
    public const string ApproximateReceiveCount = nameof(ApproximateReceiveCount);
    public const string MessageGroupId = nameof(MessageGroupId);
    public const string SequenceNumber = nameof(SequenceNumber);

    private static readonly IReadOnlyList<string> s_always = [SentTimestamp, ApproximateReceiveCount, MessageGroupId, SequenceNumber];

    /// <summary>The queue's own.</summary>
    public static readonly IReadOnlyList<string> All = [.. s_always, TraceHeader.SystemAttribute];

    /// <summary>Of these, with the trace only where somebody listens.</summary>
    public static IReadOnlyList<string> AskedFor => RunTraces.AreHeard ? All : s_always;

    /// <summary>Of the sender's: what says that the message was moved here, and what else is wanted.</summary>
    /// <param name="identity">Says what is the same message; null for none.</param>
    /// <param name="all">Each that there is.</param>
    public static List<string> OfSender(string? identity, bool all) => all ? ["All"]
        : [.. new[] { MessageOrigin.Attribute, identity, RunTraces.AreHeard ? TraceHeader.MessageAttribute : null }.OfType<string>().Distinct()];
}
