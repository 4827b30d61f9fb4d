using LoginEtl.Sandbox;
using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>Draws what befalls a run. Every fault passes within seconds: what does not pass is a test of its own.</summary>
internal static class ScheduleDraws
{
    private const int LastOrdinal = 30;

    private static readonly CallFault[] OfAnyCall =
    [
        CallFault.CutBefore, CallFault.CutAfter, CallFault.Truncated, CallFault.Delayed, CallFault.InternalError,
        CallFault.InternalErrorAfter, CallFault.Unavailable, CallFault.Throttled,
    ];

    private static readonly CallFault[] OfBatches =
        [.. OfAnyCall, CallFault.EntriesFailed, CallFault.EntriesFailedAfter, CallFault.ReceiptsExpired, CallFault.Pretended];

    private static readonly CallFault[] OfReceives = [.. OfAnyCall, CallFault.LeasesOver, CallFault.Doubled];

    private static readonly CommitCut[] Cuts = [CommitCut.Lost, CommitCut.Arrives, CommitCut.ArrivesLate];

    public static PlannedRun Run(SampleDraws draws) => new()
    {
        Workers = draws.Chance(0.25) ? 2 : 1,
        BatchSize = Of(draws, 5, 20, 60, 5_000),
        FlushSeconds = Of(draws, 0.05, 0.2, 0.8),
        Receivers = Of<int?>(draws, 1, null, null, 8),
        MaxHeld = Of(draws, 30, 200, 10_000),
        SentMeanwhile = draws.Chance(0.25) ? 20 + draws.Below(100) : 0,
        Calls = draws.Chance(0.75) ? Calls(draws) : CallFaults.None,
        Wire = draws.Chance(0.55) ? Wire(draws) : WireFaults.None,
        Ends = draws.Chance(0.55) ? Ending(draws) : null,
        Trouble = draws.Chance(0.4) ? Trouble(draws) : null,
    };

    /// <summary>The first run of a flooded queue.</summary>
    public static PlannedRun FloodRun(SampleDraws draws)
    {
        var run = Run(draws) with { SentMeanwhile = 0 };
        return draws.Chance(0.5) ? run : run with { Calls = CallFaults.None, Wire = WireFaults.None, Ends = null, Trouble = null };
    }

    /// <summary>The run with a bound on bytes, or without; and with a wire that carries what of the mixture is large.</summary>
    /// <param name="draws">Draws.</param>
    /// <param name="run">As it was drawn.</param>
    /// <param name="messages">Sent before it.</param>
    /// <param name="mixture">What they are.</param>
    public static PlannedRun Sized(SampleDraws draws, PlannedRun run, int messages, Mixture mixture)
    {
        // The smallest bound lets through one message at a time, and each takes a transaction. What held groups fill stands still.
        var isSlow = messages + run.SentMeanwhile > 120 || run.Wire.Delay > TimeSpan.Zero || run.Wire.BytesPerSecond is not null;
        var bytes = run.HoldsGroups ? "48MB" : isSlow ? Of(draws, "3MB", "12MB", "48MB") : Of(draws, "1MB", "3MB");
        return run with
        {
            MaxHeldBytes = draws.Chance(0.35) ? bytes : null,
            Wire = mixture.Large > 0 ? run.Wire with { BytesPerSecond = run.Wire.BytesPerSecond * 20 } : run.Wire,
        };
    }

    /// <summary>What befalls a move. A server that says that it has taken what it has not would lose messages by itself.</summary>
    public static CallFaults Move(SampleDraws draws)
    {
        var faults = Calls(draws);
        for (var ordinal = 1; ordinal <= LastOrdinal; ordinal++)
        {
            if (draws.Chance(0.15))
            {
                faults.On(SqsOperation.SendMessageBatch, Of(draws, OfAnyCall), first: ordinal);
            }
        }

        return faults;
    }

    private static CallFaults Calls(SampleDraws draws)
    {
        var faults = new CallFaults();
        var density = Of(draws, 0.03, 0.15, 0.4);
        Sprinkle(SqsOperation.ReceiveMessage, OfReceives);
        Sprinkle(SqsOperation.DeleteMessageBatch, OfBatches);
        Sprinkle(SqsOperation.ChangeMessageVisibilityBatch, OfBatches);
        Sprinkle(SqsOperation.GetQueueAttributes, OfAnyCall);
        if (draws.Chance(0.1))
        {
            faults.On(SqsOperation.GetQueueUrl, Of(draws, OfAnyCall), calls: 2);
        }

        if (draws.Chance(0.15))
        {
            faults.Always(SqsOperation.ChangeMessageVisibilityBatch, CallFault.Unavailable);
        }

        return faults;

        void Sprinkle(string operation, CallFault[] kinds)
        {
            if (draws.Chance(0.3))
            {
                return;
            }

            for (var ordinal = 1; ordinal <= LastOrdinal; ordinal++)
            {
                if (draws.Chance(density))
                {
                    faults.On(operation, Of(draws, kinds), first: ordinal);
                }
            }
        }
    }

    private static WireFaults Wire(SampleDraws draws)
    {
        var commits = Enumerable.Range(1, 8).Where(_ => draws.Chance(0.25)).ToDictionary(ordinal => ordinal, _ => Of(draws, Cuts));
        // The first connection looks at the table before it writes, and a run that cannot do that has not begun.
        var connections = Enumerable.Range(1, 6).Where(_ => draws.Chance(0.4)).ToDictionary(
            ordinal => ordinal,
            ordinal => new ByteCut((ordinal == 1 ? ByteCut.LookedAt : 50) + draws.Below(draws.Chance(0.5) ? 3_000 : 60_000), draws.Chance(0.4)));
        return new WireFaults
        {
            Commits = commits,
            Connections = connections,
            Delay = TimeSpan.FromMilliseconds(draws.Chance(0.3) ? 5 + draws.Below(40) : 0),
            BytesPerSecond = draws.Chance(0.15) ? 50_000 + draws.Below(200_000) : null,
        };
    }

    private static RunEnding Ending(SampleDraws draws) => new(
        Of(draws, "SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"), At(draws), Twice: draws.Chance(0.1));

    private static ServerTrouble Trouble(SampleDraws draws)
    {
        var kinds = Enum.GetValues<TroubleKind>();
        return new ServerTrouble(kinds[draws.Below(kinds.Length)], At(draws), lasts: 100 + draws.Below(1_200));
    }

    private static Moment At(SampleDraws draws) => draws.Below(4) switch
    {
        0 => Moment.At(SqsOperation.DeleteMessageBatch, 1 + draws.Below(6)),
        1 => Moment.At(SqsOperation.ReceiveMessage, 1 + draws.Below(25)),
        2 => Moment.AtCommit(1 + draws.Below(5)),
        _ => Moment.AfterMilliseconds(250 + draws.Below(1_000)),
    };

    private static T Of<T>(SampleDraws draws, params T[] choices) => choices[draws.Below(choices.Length)];
}
