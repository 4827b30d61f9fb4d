using System.Globalization;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Faults;

/// <summary>A run of one worker or several beside each other, and what befalls it.</summary>
internal sealed record PlannedRun
{
    /// <summary>One run in which nothing goes wrong.</summary>
    public static PlannedRun Clean { get; } = new();

    public int Workers { get; init; } = 1;

    public CallFaults Calls { get; init; } = CallFaults.None;

    public WireFaults Wire { get; init; } = WireFaults.None;

    /// <summary>Of the first worker.</summary>
    public RunEnding? Ends { get; init; }

    public ServerTrouble? Trouble { get; init; }

    /// <summary>So many more messages are sent while it goes on.</summary>
    public int SentMeanwhile { get; init; }

    public int BatchSize { get; init; } = 5_000;

    public double FlushSeconds { get; init; } = 0.2;

    /// <summary>Null for as many as the worker takes.</summary>
    public int? Receivers { get; init; }

    public int MaxHeld { get; init; } = 10_000;

    /// <summary>As the worker's flag takes it; null for its own bound.</summary>
    public string? MaxHeldBytes { get; init; }

    /// <summary>A run may reject all that it is given.</summary>
    public bool MayRejectAll { get; init; }

    /// <summary>Nothing befalls it.</summary>
    public bool IsUndisturbed => !Befalling.Any();

    /// <summary>Bad messages hold their groups, in a FIFO queue.</summary>
    public bool HoldsGroups { get; init; }

    /// <summary>The worker's own, beside those that follow from the rest.</summary>
    public IReadOnlyList<string> OtherFlags { get; init; } = [];

    /// <summary>Wins over what the worker is given otherwise.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IEnumerable<string> Flags =>
    [
        "--drain-window", "0.2", "--drain-timeout", "30",
        "--batch-size", Text(BatchSize), "--flush-interval", Text(FlushSeconds),
        "--max-held", Text(MaxHeld), .. Receivers is { } receivers ? ["--receivers", Text(receivers)] : Array.Empty<string>(),
        .. MaxHeldBytes is { } bytes ? ["--max-held-bytes", bytes] : Array.Empty<string>(),
        .. HoldsGroups ? ["--on-bad-in-group", nameof(BadInGroupAction.HoldGroup)] : Array.Empty<string>(), .. OtherFlags,
    ];

    public override string ToString() =>
        $"{Workers} worker{(Workers > 1 ? "s" : "")} (batches of {BatchSize} or {Text(FlushSeconds)} s, {(Receivers is { } receivers ? Text(receivers) : "its own")} receivers, {MaxHeld}{(MaxHeldBytes is null ? "" : $" of {MaxHeldBytes}")} held{(HoldsGroups ? ", groups too" : "")}"
        + $"{(SentMeanwhile > 0 ? $", {SentMeanwhile} sent meanwhile" : "")}): {string.Join("; ", Befalling.DefaultIfEmpty("nothing"))}";

    private IEnumerable<string> Befalling =>
        new[] { Ends?.ToString(), Trouble?.ToString(), Calls.ToString(), Wire.ToString() }.OfType<string>().Where(f => f.Length > 0);

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
