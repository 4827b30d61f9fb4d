namespace LoginEtl.Telemetry;

/// <summary>
/// OpenTelemetry's names for messaging (semantic conventions 1.45), beside our own. They are in development and change, so
/// they stand only where <c>OTEL_SEMCONV_STABILITY_OPT_IN</c> lists <c>messaging</c> or <c>messaging/dup</c>.
/// </summary>
internal static class MessagingConventions
{
    /// <summary>Whether somebody has asked for them.</summary>
    public static bool AreAskedFor { get; } = (Environment.GetEnvironmentVariable("OTEL_SEMCONV_STABILITY_OPT_IN") ?? "")
        .Split(',', StringSplitOptions.TrimEntries).Any(o => o is "messaging" or "messaging/dup");

    /// <summary>The kind of each operation of SQS.</summary>
    public static string TypeOf(string operation) => operation switch
    {
        "ReceiveMessage" => "receive",
        "DeleteMessageBatch" or "ChangeMessageVisibilityBatch" => "settle",
        "SendMessageBatch" => "send",
        _ => "",
    };

    /// <summary>Of a span; null where nobody asked.</summary>
    public static string? SpanName(string operation, IReadOnlyList<string?> queues) => !AreAskedFor ? null : queues is [{ } one] ? $"{operation} {one}" : operation;

    /// <summary>None where nobody asked.</summary>
    /// <param name="type">receive, process, settle or send; empty for what is none of these.</param>
    /// <param name="operation">As the system names it.</param>
    /// <param name="queues">Of all messages: the destination, where it is one.</param>
    public static IEnumerable<KeyValuePair<string, object?>> Tags(string type, string operation, IReadOnlyList<string?> queues)
    {
        if (!AreAskedFor)
        {
            yield break;
        }

        yield return new("messaging.system", "aws_sqs");
        yield return new("messaging.operation.name", operation);
        if (type.Length > 0)
        {
            yield return new("messaging.operation.type", type);
        }

        if (queues is [{ } one])
        {
            yield return new("messaging.destination.name", one);
        }
    }

    /// <summary>Of a span of many messages.</summary>
    public static IEnumerable<KeyValuePair<string, object?>> BatchTags(int messages) => AreAskedFor ? [new("messaging.batch.message_count", messages)] : [];

    /// <summary>Of a link to a message.</summary>
    public static IEnumerable<KeyValuePair<string, object?>> MessageTags(string messageId) => AreAskedFor ? [new("messaging.message.id", messageId)] : [];
}
