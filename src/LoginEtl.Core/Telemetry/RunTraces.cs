using System.Diagnostics;

namespace LoginEtl.Telemetry;

/// <summary>
/// Spans of what runs do, by the activity source of the name <see cref="RunMetrics.Name"/>; docs/observability.md explains
/// each. A batch is of many messages, so it is nobody's child: it links to the trace of each that has one.
/// </summary>
public static class RunTraces
{
    private static readonly ActivitySource s_source = new(RunMetrics.Name);

    /// <summary>Whether somebody listens. The queue is asked for the traces of messages only then: what it sends, it is paid for.</summary>
    public static bool AreHeard => s_source.HasListeners();

    /// <summary>The transaction of a batch, retries included; null where nobody listens, or it is not sampled.</summary>
    /// <param name="size">Messages.</param>
    /// <param name="queues">Theirs.</param>
    /// <param name="messages">Those that name a trace.</param>
    internal static Activity? Batch(int size, IReadOnlyList<string?> queues, IEnumerable<(string Id, string TraceParent)> messages)
    {
        // Nor a child of what a host does meanwhile. The caller's own flow alone is changed.
        Activity.Current = null;
        return s_source.StartActivity(
            MessagingConventions.SpanName("process", queues) ?? "login_etl.batch", ActivityKind.Consumer, parentContext: default,
            [new("login_etl.queue", queues is [{ } one] ? one : null), new("login_etl.batch.size", size), .. MessagingConventions.Tags("process", "process", queues), .. MessagingConventions.BatchTags(size)],
            messages.Select(m => new ActivityLink(ActivityContext.Parse(m.TraceParent, null), [new("login_etl.message.id", m.Id), .. MessagingConventions.MessageTags(m.Id)])));
    }

    /// <summary>The deletes of a batch's messages.</summary>
    internal static Activity? Delete(string queue, int messages) => !AreHeard ? null : s_source.StartActivity(
        MessagingConventions.SpanName("delete", [queue]) ?? "login_etl.delete", ActivityKind.Client, parentContext: default,
        [new("login_etl.queue", queue), new("login_etl.batch.size", messages), .. MessagingConventions.Tags("settle", "delete", [queue]), .. MessagingConventions.BatchTags(messages)]);
}

/// <summary>How a message names the trace that it was sent in.</summary>
public static class TraceHeader
{
    /// <summary>The message attribute of W3C's Trace Context, as OpenTelemetry's senders set it.</summary>
    public const string MessageAttribute = "traceparent";

    /// <summary>The system attribute of SQS, for AWS X-Ray.</summary>
    public const string SystemAttribute = "AWSTraceHeader";

    private const int RootLength = 35, SpanIdLength = 16;

    /// <param name="header">In W3C's form, or X-Ray's: <c>Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1</c>.</param>
    /// <returns>In W3C's form; null where it is neither, names no span, or was not sampled: then there is nothing to go to.</returns>
    public static string? Sampled(string header)
    {
        ArgumentNullException.ThrowIfNull(header);
        // Made anew: what a sender gave may be of any length.
        return ActivityContext.TryParse(W3C(header) ?? header, null, isRemote: true, out var context) && context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            ? $"00-{context.TraceId}-{context.SpanId}-01" : null;
    }

    // docs.aws.amazon.com/xray: 1, eight digits of time, 24 of the trace.
    private static string? W3C(string header)
    {
        var parts = header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1]);
        return parts["Root"].FirstOrDefault() is { Length: RootLength } root && root.StartsWith("1-", StringComparison.Ordinal) && root[10] == '-' && parts["Parent"].FirstOrDefault() is { Length: SpanIdLength } parent
            ? $"00-{root[2..10]}{root[11..]}-{parent}-{(parts["Sampled"].FirstOrDefault() == "1" ? "01" : "00")}"
            : null;
    }
}
