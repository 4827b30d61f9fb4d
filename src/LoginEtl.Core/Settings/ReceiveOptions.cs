using LoginEtl.Decoding;

namespace LoginEtl.Settings;

/// <summary>How a run receives.</summary>
public sealed record ReceiveOptions
{
    /// <summary>The most that <see cref="Receivers"/> may be.</summary>
    public const int MostReceivers = 64;

    /// <summary>The most that <see cref="MaxHeld"/> may be: SQS has no more in flight of one queue.</summary>
    public const int MostHeld = 120_000;

    /// <summary>How long an outage is waited for that nobody has set.</summary>
    public static readonly TimeSpan DefaultRetryFor = TimeSpan.FromMinutes(1);

    /// <summary>What was given; else as long as it takes for a run that goes on for ever, and a minute for another.</summary>
    public static TimeSpan RetryForOf(TimeSpan? given, bool waitForever) => given ?? (waitForever ? Timeout.InfiniteTimeSpan : DefaultRetryFor);

    private const long MostByDefault = 512 << 20;

    /// <summary>Concurrent long polls; null for as many as bring more, which follows latency and backlog.</summary>
    public int? Receivers { get; init; }

    /// <summary>
    /// Most deliveries held at a time: two default batches, and no more than can be returned within the two seconds a
    /// stopping run has.
    /// </summary>
    public int MaxHeld { get; init; } = 10_000;

    /// <summary>
    /// Most bytes of messages held at a time, those included that polls under way may bring. One message is always let
    /// through.
    /// </summary>
    public long MaxHeldBytes { get; init; } = DefaultMaxHeldBytes;

    /// <summary>A quarter of the memory that the process may use, 512 MB at most.</summary>
    public static long DefaultMaxHeldBytes { get; } =
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes is > 0 and var all ? Math.Min(all / 4, MostByDefault) : MostByDefault;

    /// <summary>Goes on for ever instead of ending when the queue is drained.</summary>
    public bool WaitForever { get; init; }

    /// <summary>Ends after this many messages; null for no limit.</summary>
    public long? MaxMessages { get; init; }

    /// <summary>Ends after this time; null for no limit.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>
    /// The counts must say "empty" over this span: SQS counts are approximate and settle within a minute.
    /// Null for the default: 60 s, and 1 s for an endpoint on loopback.
    /// </summary>
    public TimeSpan? DrainWindow { get; init; }

    /// <summary>Longest wait for messages that other consumers hold.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long polls that fail are tried again before the run ends; infinite for as long as it takes.</summary>
    public TimeSpan RetryFor { get; init; } = DefaultRetryFor;

    /// <summary>Told of polls that fail for long, every ten seconds, on any thread; may be null.</summary>
    public Action<string>? Waiting { get; init; }

    /// <summary>How what is received is decoded.</summary>
    public DecodeOptions Decoding { get; init; } = DecodeOptions.Default;

    /// <summary>Keeps the sender's attributes of each message, to send it on.</summary>
    public bool KeepsAttributes { get; init; }

    /// <summary>How long a full cap may see nothing settle before the run ends with an error.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
