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

    /// <summary>Instruments that a host's health is told by.</summary>
    public const string Held = "login_etl.messages.held", Stalled = "login_etl.messages.stalled", Runs = "login_etl.runs", Retries = "login_etl.retries",
        BatchDuration = "login_etl.batch.duration", CallDuration = "login_etl.sqs.call.duration";

    /// <summary>Tags of theirs: what is tried again, what a run does, and how a call failed.</summary>
    public const string Of = "login_etl.of", State = "login_etl.state", Error = "error.type";

    /// <summary>A value of <see cref="Of"/>.</summary>
    public const string OfQueue = "queue", OfDatabase = "database";

    /// <summary>A value of <see cref="State"/>.</summary>
    public const string Receiving = "receiving", Ending = "ending";

    /// <summary>What of <see cref="RunGauges.Counts"/> is no outcome.</summary>
    internal const string Received = "received", Undeleted = "undeleted";

    private const string Queue = "login_etl.queue", OutcomeTag = "login_etl.outcome", Reason = "login_etl.reason", Operation = "login_etl.operation";
    private const string Cause = "login_etl.cause";

    private static readonly Lock s_lock = new();
    private static readonly List<RunGauges> s_runs = [];
    private static readonly Dictionary<(string? Queue, string Name), long> s_ended = [];
    private static readonly Meter s_meter = new(Name);

    private static readonly InstrumentAdvice<double> s_short = Seconds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20);

    private static readonly Counter<long> s_rejected = s_meter.CreateCounter<long>("login_etl.messages.rejected", "{message}", "Messages that went to quarantine, by reason");
    private static readonly Counter<long> s_extended = s_meter.CreateCounter<long>("login_etl.messages.extended", "{message}", "Visibility timeouts that were extended");
    private static readonly Counter<long> s_retries = s_meter.CreateCounter<long>(Retries, "{retry}", "Tries of the queue or the database after one that failed");
    private static readonly Histogram<double> s_age = s_meter.CreateHistogram<double>("login_etl.message.age", "s", "From when a message was sent to when its row stands", null, Seconds(1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400));
    private static readonly Histogram<long> s_batchSize = s_meter.CreateHistogram<long>("login_etl.batch.size", "{message}", "Messages a batch", null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 10, 50, 100, 250, 500, 1000, 2500, 5000] });
    private static readonly Histogram<double> s_batchDuration = s_meter.CreateHistogram<double>(BatchDuration, "s", "Time of a batch's transaction, retries included", null, s_short);
    private static readonly Histogram<double> s_call = s_meter.CreateHistogram<double>(CallDuration, "s", "Time of a call to SQS; of ReceiveMessage with its long poll", null, s_short);

    // By OpenTelemetry's names, where somebody asks for them.
    private static readonly Histogram<double>? s_process = Convention("messaging.process.duration", "Duration of processing operation.");
    private static readonly Histogram<double>? s_operation = Convention("messaging.client.operation.duration", "Duration of messaging operation initiated by a producer or consumer client.");

    // What the books count anyway is read from them when somebody asks: their lock is no place for a listener's code.
    static RunMetrics()
    {
        s_meter.CreateObservableCounter("login_etl.messages.received", () => Counted(n => n == Received, (q, _) => [Tag(Queue, q)]), "{message}", "Deliveries taken in");
        s_meter.CreateObservableCounter("login_etl.messages.settled", () => Counted(n => n is not (Received or Undeleted), (q, n) => [Tag(Queue, q), Tag(OutcomeTag, n)]), "{message}", "Deliveries by what became of them");
        s_meter.CreateObservableCounter(
            "login_etl.messages.undeleted", () => Counted(n => n == Undeleted, (q, _) => [Tag(Queue, q)]), "{message}", "Settled messages that could not be deleted, and come again as duplicates");
        s_meter.CreateObservableUpDownCounter(Held, () => Observe(r => r.Held()), "{message}", "Messages held now");
        s_meter.CreateObservableUpDownCounter("login_etl.messages.held_bytes", () => Observe(r => r.HeldBytes()), "By", "Bytes of the messages held now");
        s_meter.CreateObservableGauge(Stalled, () => Observe(r => r.Stalled()), "s", "Time since a message held was last taken up or settled; 0 while none waits for that");
        s_meter.CreateObservableGauge("login_etl.queue.backlog", () => Observe(r => r.Backlog()), "{message}", "Messages that wait in the queue, about; asked for every five seconds at most");
        if (MessagingConventions.AreAskedFor)
        {
            s_meter.CreateObservableCounter(
                "messaging.client.consumed.messages", () => Counted(n => n == Received, (q, _) => [.. MessagingConventions.Tags("", "ReceiveMessage", [q])]), "{message}",
                "Number of messages that were delivered to the application.");
        }

        s_meter.CreateObservableUpDownCounter(Runs, () => Observe(r => r.State() is null ? null : 1, r => new(State, r.State())), "{run}", "Runs under way, by what they do");
    }

    /// <summary>Whether somebody listens to the age of messages, which is computed for it alone.</summary>
    internal static bool AgesAreHeard => s_age.Enabled;

    /// <summary>A run is under way.</summary>
    internal static void Begin(RunGauges run)
    {
        lock (s_lock) { s_runs.Add(run); }
    }

    /// <summary>It has ended: what it counted stays.</summary>
    internal static void End(RunGauges run)
    {
        lock (s_lock)
        {
            if (s_runs.Remove(run))
            {
                foreach (var (name, count) in run.Counts())
                {
                    s_ended[(run.Queue, name)] = s_ended.GetValueOrDefault((run.Queue, name)) + count;
                }
            }
        }
    }

    /// <summary>A message went to quarantine.</summary>
    internal static void Rejected(string reason) => s_rejected.Add(1, Tag(Reason, reason));

    /// <summary>A row stands.</summary>
    internal static void Written(string? queue, TimeSpan age) => s_age.Record(Math.Max(0, age.TotalSeconds), Tag(Queue, queue));

    /// <summary>A batch stands.</summary>
    internal static void Committed(int size, TimeSpan duration)
    {
        s_batchSize.Record(size);
        s_batchDuration.Record(duration.TotalSeconds);
        s_process?.Record(duration.TotalSeconds, [.. MessagingConventions.Tags("", "process", [])]);
    }

    /// <summary>Visibility timeouts were extended.</summary>
    /// <param name="queue">Its name.</param>
    /// <param name="messages">How many.</param>
    public static void Extended(string queue, int messages) => s_extended.Add(messages, Tag(Queue, queue));

    /// <summary>Something is tried again.</summary>
    /// <param name="of"><see cref="OfQueue"/> or <see cref="OfDatabase"/>.</param>
    /// <param name="cause">A code: an SQLSTATE, or the kind of the fault.</param>
    public static void Retried(string of, string cause)
    {
        s_retries.Add(1, Tag(Of, of), Tag(Cause, cause));
        // Of a host's own span, which may be the current one, this says nothing.
        if (Activity.Current is { Source.Name: Name } span)
        {
            span.AddEvent(new ActivityEvent("login_etl.retry", tags: new ActivityTagsCollection { { Of, of }, { Cause, cause } }));
        }
    }

    /// <summary>A call to SQS has ended.</summary>
    /// <param name="operation">As SQS names it.</param>
    /// <param name="started">By the clock of <see cref="Stopwatch"/>.</param>
    /// <param name="error">The kind of its fault; null when it went well.</param>
    public static void Called(string operation, long started, string? error)
    {
        if (!s_call.Enabled && s_operation?.Enabled != true)
        {
            return;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        s_operation?.Record(seconds, [.. MessagingConventions.Tags(MessagingConventions.TypeOf(operation), operation, []), .. error is null ? Array.Empty<KeyValuePair<string, object?>>() : [Tag(Error, error)]]);
        if (error is null)
        {
            s_call.Record(seconds, Tag(Operation, operation));
        }
        else
        {
            s_call.Record(seconds, Tag(Operation, operation), Tag(Error, error));
        }
    }

    private static List<Measurement<long>> Counted(Func<string, bool> isMeant, Func<string?, string, KeyValuePair<string, object?>[]> tags)
    {
        lock (s_lock)
        {
            return [.. s_runs.SelectMany(r => r.Counts().Select(c => (r.Queue, c.Name, c.Count))).Concat(s_ended.Select(e => (e.Key.Queue, e.Key.Name, Count: e.Value)))
                // Zeros too: what begins with its first messages looks to a collector as if they had been there before.
                // Lines of text are no deliveries: of them there are outcomes alone.
                .Where(c => isMeant(c.Name) && (c.Queue is not null || (c.Count > 0 && c.Name is not (Received or Undeleted))))
                .GroupBy(c => (c.Queue, c.Name))
                .Select(g => new Measurement<long>(g.Sum(c => c.Count), tags(g.Key.Queue, g.Key.Name)))];
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

    private static Histogram<double>? Convention(string name, string description) => MessagingConventions.AreAskedFor ? s_meter.CreateHistogram<double>(name, "s", description, null, s_short) : null;

    private static InstrumentAdvice<double> Seconds(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);
}

/// <summary>What is asked of a run while it is under way; of the lines of text of a writer, which are of no queue, their counts alone.</summary>
/// <param name="Queue">Its name; null for lines of text.</param>
/// <param name="Counts">What it has counted: outcomes by their names, <see cref="RunMetrics.Received"/> and <see cref="RunMetrics.Undeleted"/>.</param>
internal sealed record RunGauges(string? Queue, Func<IEnumerable<(string Name, long Count)>> Counts)
{
    /// <summary>Messages that it holds; null for lines, as all below.</summary>
    public Func<long?> Held { get; init; } = () => null;

    /// <summary>Their bytes.</summary>
    public Func<long?> HeldBytes { get; init; } = () => null;

    /// <summary>Seconds since one of them was last taken up or settled.</summary>
    public Func<long?> Stalled { get; init; } = () => null;

    /// <summary>Messages that wait in the queue; null while unknown, too.</summary>
    public Func<long?> Backlog { get; init; } = () => null;

    /// <summary>What it does: receiving, or ending.</summary>
    public Func<string?> State { get; init; } = () => null;
}
