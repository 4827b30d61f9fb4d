using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Faults.Messages;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>The check of what stops before a queue of something else is seen to fail.</summary>
public sealed class BrakeCheckTests
{
    private static readonly EndedRun Stopped = Of("failed", "20 messages were rejected alike, one after the other, and no login came between them: invalid_json.");
    private static readonly EndedRun Failed = Of("failed", "The database is away.");
    private static readonly EndedRun Completed = Of("completed", null);
    private static readonly SentMessage[] Flood = [.. Enumerable.Range(0, 60).Select(i => new SentMessage($"m{i}", null, Fate.Quarantine) { Reason = "invalid_json" })];

    [Fact]
    public void Runs_that_stop_in_time_are_no_complaint()
    {
        Assert.Empty(BrakeCheck.FloodComplaints(Flood, [Stopped], Settled(19), isUndisturbed: true));
        Assert.Empty(BrakeCheck.FloodComplaints(Flood, [Stopped, Failed], Settled(38), isUndisturbed: false));
        Assert.Empty(BrakeCheck.Complaints([Stopped, Completed], Flood));
        Assert.Empty(BrakeCheck.Complaints([Failed], Flood[..19]));
    }

    [Fact]
    public void Run_that_lets_too_many_pass_or_stops_for_nothing_is_named()
    {
        Assert.Equal("20 of 60 bodies of something else were settled, and 19 of a run may be", Assert.Single(BrakeCheck.FloodComplaints(Flood, [Stopped], Settled(20), isUndisturbed: true)));
        Assert.Contains("says completed", Assert.Single(BrakeCheck.FloodComplaints(Flood, [Completed], Settled(0), isUndisturbed: false)), StringComparison.Ordinal);
        Assert.Contains("did not stop for it", Assert.Single(BrakeCheck.FloodComplaints(Flood, [Failed], Settled(0), isUndisturbed: true)), StringComparison.Ordinal);
        Assert.Contains("only 19 were sent", Assert.Single(BrakeCheck.Complaints([Stopped], Flood[..19])), StringComparison.Ordinal);
        // Rows that the table refuses are another matter.
        Assert.Contains("only 0 were sent", Assert.Single(BrakeCheck.Complaints([Stopped], Flood.Select(m => m with { Reason = Login.RefusedRow }))), StringComparison.Ordinal);
    }

    private static Standing Settled(int count) => LedgerCheckTests.Of("", string.Join(' ', Flood.Take(count).Select(m => m.MessageId)));

    private static EndedRun Of(string outcome, string? error) => new(
        new RunReceipt { Outcome = outcome, Received = 60, Balanced = true, Error = error }, new ProgramEnd(1, null, ""), [], Killed: false, TookTooLong: false);
}
