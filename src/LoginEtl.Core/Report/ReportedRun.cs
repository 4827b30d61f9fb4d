using LoginEtl.History;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>A run as a page of many shows it: of its receipt, or as the database remembers it.</summary>
public sealed class ReportedRun
{
    private ReportedRun(LoginRunState state, RunCounts counts) => (State, Counts) = (state, counts);

    internal LoginRunState State { get; }

    /// <summary>Those that are known; of a run of the database that has not ended, only what its batches counted.</summary>
    internal RunCounts Counts { get; }

    /// <summary>Null of a run of the database.</summary>
    internal Receipt? Receipt { get; private init; }

    internal string Source { get; private init; } = "";

    internal DateTimeOffset StartedAt { get; private init; }

    internal TimeSpan Elapsed { get; private init; }

    /// <summary>The error's name; null where nothing failed.</summary>
    internal string? ErrorId { get; private init; }

    internal long Written => Counts[Outcome.Written] + Counts[Outcome.Updated];

    internal double RowsASecond => Written / Math.Max(Elapsed.TotalSeconds, 0.001);

    /// <summary>Of a receipt.</summary>
    public static ReportedRun Of(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var state = receipt.Outcome switch
        {
            RunState.Failed => LoginRunState.Failed,
            RunState.Stopped => LoginRunState.Stopped,
            _ => LoginRunState.Completed,
        };
        return new ReportedRun(state, receipt.Counts)
        {
            Receipt = receipt,
            Source = receipt.Source,
            StartedAt = receipt.StartedAt,
            Elapsed = receipt.Elapsed,
            ErrorId = receipt.ErrorId,
        };
    }

    /// <summary>Of the database's memory.</summary>
    public static ReportedRun Of(LoginRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var counts = new RunCounts().With(received: run.Received ?? 0);
        counts.Add(Outcome.Written, run.Written);
        counts.Add(Outcome.Updated, run.Updated);
        counts.Add(Outcome.Skipped, run.Skipped);
        counts.Add(Outcome.Quarantined, run.Quarantined);
        counts.Add(Outcome.Suppressed, run.Suppressed);
        counts.Add(Outcome.Duplicate, run.Duplicate ?? 0);
        counts.Add(Outcome.Returned, run.Returned ?? 0);
        counts.Add(Outcome.Lapsed, run.Lapsed ?? 0);
        counts.Add(Outcome.Unknown, run.Unknown ?? 0);
        counts.Add(BesideOutcomes.Undeleted, run.Undeleted ?? 0);
        return new ReportedRun(run.State, counts)
        {
            Source = run.Source ?? "",
            StartedAt = run.StartedAt,
            Elapsed = run.Elapsed,
            ErrorId = run.ErrorId,
        };
    }
}
