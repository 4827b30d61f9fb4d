using System.Diagnostics;
using System.Globalization;
using LoginEtl.Sandbox;
using LoginEtl.Sandbox.Demo;
using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>Messages, and one or more runs in which things go wrong: all of it drawn from one seed.</summary>
/// <param name="Groups">Message groups of a FIFO queue; 0 for a standard one.</param>
/// <param name="Mixture">What the messages are.</param>
/// <param name="Flood">So many bodies of one kind that is no login come first, and the first run meets them alone; 0 for none.</param>
internal sealed record Schedule(
    int Seed, int Messages, int VisibilityTimeout, bool LooksBetween, int Groups, Mixture Mixture, int Flood, IReadOnlyList<PlannedRun> Runs)
{
    /// <summary>The same seed draws the same schedule, everywhere.</summary>
    public static Schedule Draw(int seed)
    {
        // Not a multiple of what the generator adds at each draw: seeds that follow each other would give one sequence, moved by one.
        var draws = new SampleDraws((ulong)seed * 0xD1B54A32D192ED03);
        var messages = 60 + draws.Below(340);
        var visibilityTimeout = 2 + draws.Below(2);
        var looksBetween = draws.Chance(0.2);
        var runs = Enumerable.Range(0, 1 + draws.Below(3)).Select(_ => ScheduleDraws.Run(draws)).ToList();
        // Of a group that is locked nothing more comes: so many groups that a run has seconds, and not minutes, to wait.
        var groups = draws.Chance(0.25) ? 20 + draws.Below(60) : 0;
        runs = groups == 0 ? runs : [.. runs.Select(run => run with { HoldsGroups = draws.Chance(0.4) })];
        var mixture = Mixture.Draw(draws);
        // More than two workers let pass before they stop.
        var flood = groups == 0 && draws.Chance(0.2) ? 45 + draws.Below(60) : 0;
        runs = [.. runs.Select(run => ScheduleDraws.Sized(draws, run, flood + messages, mixture))];
        List<PlannedRun> all = flood == 0 ? runs : [ScheduleDraws.Sized(draws, ScheduleDraws.FloodRun(draws), flood, mixture), .. runs.Take(2)];
        // What was moved has another id, so between runs nobody could tell where it is.
        var move = groups == 0 && !looksBetween && draws.Chance(0.6) ? ScheduleDraws.Move(draws) : null;
        // While there is much to move.
        var movesBefore = move is null ? 0 : flood > 0 ? 1 : draws.Below(2);
        return new Schedule(seed, messages, visibilityTimeout, looksBetween, groups, mixture, flood, all)
        {
            Move = move,
            MovesBefore = movesBefore,
            // Of a group the places of all rows are looked at.
            Erased = groups == 0 && draws.Chance(0.5) ? 1 + draws.Below(8) : 0,
            ErasesBefore = 1 + draws.Below(all.Count),
        };
    }

    /// <summary>What befalls the calls of a move to another queue; null where nothing is moved.</summary>
    public CallFaults? Move { get; private init; }

    /// <summary>The run before which it is, from 0; behind the last where there are no more.</summary>
    public int MovesBefore { get; private init; }

    /// <summary>So many users are erased, as far as there are rows; 0 for none.</summary>
    public int Erased { get; private init; }

    /// <summary>The run before which they are, from 1; behind the last where there are no more.</summary>
    public int ErasesBefore { get; private init; }

    /// <summary>Plays it to its proof.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">A promise was broken.</exception>
    /// <returns>What happened, in a line.</returns>
    public async Task<string> PlayAsync(FaultLane lane)
    {
        var clock = Stopwatch.StartNew();
        await using var scenario = await Scenario.OnAsync(lane, Flood > 0 ? 0 : Messages, VisibilityTimeout, (ulong)Seed, Groups, Mixture);
        foreach (var (index, run) in Runs.Index())
        {
            if (index == MovesBefore && Move is { } move)
            {
                await scenario.MoveAsync(move);
            }

            if (index == ErasesBefore && Erased > 0)
            {
                await scenario.EraseAsync(Erased);
            }

            if (Flood > 0 && index == 0)
            {
                await scenario.FloodAsync(Flood, run);
                await scenario.SendAsync(Messages);
            }
            else
            {
                await scenario.RunAsync(run);
            }

            if (LooksBetween)
            {
                await scenario.LookAsync();
            }
        }

        if (MovesBefore >= Runs.Count && Move is { } last)
        {
            await scenario.MoveAsync(last);
        }

        if (ErasesBefore >= Runs.Count && Erased > 0)
        {
            await scenario.EraseAsync(Erased);
        }

        var standing = await scenario.ProveAsync();
        var receipts = scenario.Runs.Select(r => r.Receipt).OfType<RunReceipt>().ToList();
        return string.Create(CultureInfo.InvariantCulture,
            $"{scenario.Sent.Count} messages{Kinds} ({scenario.Sent.CountBy(m => m.Identity).Count(c => c.Value > 1)} twice): {standing.RowCount} rows, {standing.QuarantineCount} quarantined; {scenario.Runs.Count} runs, "
            + $"{scenario.Runs.Count(r => r.Killed)} killed, {receipts.Count(r => r.Outcome == "failed")} failed, {receipts.Count(r => r.Outcome == "stopped")} stopped; "
            + $"{scenario.Faults} faults, {receipts.Sum(r => r.Duplicate)} duplicate, {receipts.Sum(r => r.Returned)} returned, {receipts.Sum(r => r.Lapsed)} lapsed, "
            + $"{receipts.Sum(r => r.Unknown)} unknown, {receipts.Sum(r => r.Undeleted)} undeleted; {scenario.Erased.Count} erased; {string.Concat(scenario.Moves.Select(m => $"{m}; "))}{clock.Elapsed.TotalSeconds:0.0} s");
    }

    private string Kinds => (Groups == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" in {Groups} groups"))
        + Mixture + (Flood == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", behind {Flood} others of one kind"));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"seed {Seed}: {Messages} messages{Kinds}, visibility timeout {VisibilityTimeout} s\n")
        + string.Join('\n', Runs.Select((run, index) => $"  run {index + 1}: {run}"))
        + (Move is null ? "" : string.Create(CultureInfo.InvariantCulture, $"\n  moved away and back before run {MovesBefore + 1}: {Move}"))
        + (Erased == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\n  {Erased} users erased before run {ErasesBefore + 1}"));
}
