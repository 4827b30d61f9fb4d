using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LoginEtl.Telemetry;

/// <summary>
/// What runs measure, by the meter of the name <see cref="Name"/>. The names of instruments and tags stay; docs/observability.md
/// explains each. No value of a message is in any of it. Costs next to nothing where nobody listens.
/// </summary>
public static class RunMetrics
{
    /// <summary>Of the meter.</summary>
    public const string Name = "LoginEtl";

    private const string Queue = "login_etl.queue", OutcomeTag = "login_etl.outcome", Reason = "login_etl.reason", Operation = "login_etl.operation";
    private const string Error = "error.type", Of = "login_etl.of", Cause = "login_etl.cause", State = "login_etl.state";

    private static readonly Lock s_lock = new();
    private static readonly List<RunGauges> s_runs = [];
    private static readonly Meter s_meter = new(Name);

    private static readonly Counter<long> s_received = s_meter.CreateCounter<long>("login_etl.messages.received", "{message}", "Deliveries taken in");
    private static readonly Counter<long> s_settled = s_meter.CreateCounter<long>("login_etl.messages.settled", "{message}", "Deliveries by what became of them");
    private static readonly Counter<long> s_undeleted = s_meter.CreateCounter<long>("login_etl.messages.undeleted", "{message}", "Settled messages that could not be deleted, and come again as duplicates");
    private static readonly Counter<long> s_rejected = s_meter.CreateCounter<long>("login_etl.messages.rejected", "{message}", "Messages that went to quarantine, by reason");
    private static readonly Counter<long> s_extended = s_meter.CreateCounter<long>("login_etl.messages.extended", "{message}", "Visibility timeouts that were extended");
    private static readonly Counter<long> s_retries = s_meter.CreateCounter<long>("login_etl.retries", "{retry}", "Tries of the queue or the database after one that failed");
    private static readonly Histogram<double> s_age = s_meter.CreateHistogram<double>("login_etl.message.age", "s", "From when a message was sent to when its row stands");
    private static readonly Histogram<long> s_batchSize = s_meter.CreateHistogram<long>("login_etl.batch.size", "{message}", "Messages a batch");
    private static readonly Histogram<double> s_batchDuration = s_meter.CreateHistogram<double>("login_etl.batch.duration", "s", "Time of a batch's transaction, retries included");
    private static readonly Histogram<double> s_call = s_meter.CreateHistogram<double>("login_etl.sqs.call.duration", "s", "Time of a call to SQS; of ReceiveMessage with its long poll");

    static RunMetrics()
    {
        s_meter.CreateObservableUpDownCounter("login_etl.messages.held", () => Observe(r => r.Held()), "{message}", "Messages held now");
        s_meter.CreateObservableUpDownCounter("login_etl.messages.held_bytes", () => Observe(r => r.HeldBytes()), "By", "Bytes of the messages held now");
        s_meter.CreateObservableGauge("login_etl.queue.backlog", () => Observe(r => r.Backlog()), "{message}", "Messages that wait in the queue, about; asked for every five seconds at most");
        s_meter.CreateObservableUpDownCounter("login_etl.runs", () => Observe(_ => 1, r => new(State, r.State())), "{run}", "Runs under way, by what they do");
    }

    /// <summary>Whether somebody listens to the age of messages, which is computed for it alone.</summary>
    internal static bool AgesAreHeard => s_age.Enabled;

    /// <summary>A run is under way.</summary>
    internal static void Begin(RunGauges run)
    {
        lock (s_lock) { s_runs.Add(run); }
    }

    /// <summary>It has ended.</summary>
    internal static void End(RunGauges run)
    {
        lock (s_lock) { s_runs.Remove(run); }
    }

    /// <summary>A delivery was taken in.</summary>
    internal static void Received(string? queue) => s_received.Add(1, Tag(Queue, queue));

    /// <summary>Deliveries, or lines of text, ended.</summary>
    internal static void Settled(string? queue, string outcome, long count = 1)
    {
        if (count > 0)
        {
            s_settled.Add(count, Tag(Queue, queue), Tag(OutcomeTag, outcome));
        }
    }

    /// <summary>Deletes failed for good.</summary>
    internal static void Undeleted(string? queue, long count) => s_undeleted.Add(count, Tag(Queue, queue));

    /// <summary>A message went to quarantine.</summary>
    internal static void Rejected(string reason) => s_rejected.Add(1, Tag(Reason, reason));

    /// <summary>A row stands.</summary>
    internal static void Written(string? queue, TimeSpan age) => s_age.Record(Math.Max(0, age.TotalSeconds), Tag(Queue, queue));

    /// <summary>A batch stands.</summary>
    internal static void Committed(int size, TimeSpan duration)
    {
        s_batchSize.Record(size);
        s_batchDuration.Record(duration.TotalSeconds);
    }

    /// <summary>Visibility timeouts were extended.</summary>
    /// <param name="queue">Its name.</param>
    /// <param name="messages">How many.</param>
    public static void Extended(string queue, int messages) => s_extended.Add(messages, Tag(Queue, queue));

    /// <summary>Something is tried again.</summary>
    /// <param name="of">queue or database.</param>
    /// <param name="cause">A code: an SQLSTATE, or the kind of the fault.</param>
    public static void Retried(string of, string cause) => s_retries.Add(1, Tag(Of, of), Tag(Cause, cause));

    /// <summary>A call to SQS has ended.</summary>
    /// <param name="operation">As SQS names it.</param>
    /// <param name="started">By the clock of <see cref="Stopwatch"/>.</param>
    /// <param name="error">The kind of its fault; null when it went well.</param>
    public static void Called(string operation, long started, string? error)
    {
        if (!s_call.Enabled)
        {
            return;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (error is null)
        {
            s_call.Record(seconds, Tag(Operation, operation));
        }
        else
        {
            s_call.Record(seconds, Tag(Operation, operation), Tag(Error, error));
        }
    }

    private static IEnumerable<Measurement<long>> Observe(Func<RunGauges, long?> value, Func<RunGauges, KeyValuePair<string, object?>>? tag = null)
    {
        RunGauges[] runs;
        lock (s_lock) { runs = [.. s_runs]; }
        // Two runs of one queue are one line.
        return runs.Select(r => (Value: value(r), Queue: Tag(Queue, r.Queue), Other: tag?.Invoke(r)))
            .Where(m => m.Value is not null)
            .GroupBy(m => (m.Queue, m.Other))
            .Select(g => g.Key.Other is { } other
                ? new Measurement<long>(g.Sum(m => m.Value!.Value), g.Key.Queue, other)
                : new Measurement<long>(g.Sum(m => m.Value!.Value), g.Key.Queue));
    }

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);
}

/// <summary>What is asked of a run while it is under way.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="Held">Messages that it holds.</param>
/// <param name="HeldBytes">Their bytes.</param>
/// <param name="Backlog">Messages that wait in the queue; null while unknown.</param>
/// <param name="State">What it does: receiving, or ending.</param>
internal sealed record RunGauges(string Queue, Func<long?> Held, Func<long?> HeldBytes, Func<long?> Backlog, Func<string> State);
