using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>The check of receipts and exit codes is seen to fail.</summary>
public sealed class ReceiptCheckTests
{
    private static readonly RunReceipt True = new()
    {
        Outcome = "completed",
        Received = 6,
        Written = 2,
        Duplicate = 1,
        Quarantined = 2,
        Lapsed = 1,
        Balanced = true,
        ExitCode = 2,
    };

    private static readonly Dictionary<string, (RunReceipt Receipt, int ExitCode, string Complaint)> Lies = new()
    {
        ["one more received than ended"] = (True with { Received = 7 }, 2, "does not balance"),
        ["one less received than ended"] = (True with { Received = 5 }, 2, "does not balance"),
        ["says itself that it does not balance"] = (True with { Balanced = false, ExitCode = 1 }, 1, "does not balance"),
        ["rejects, and 0"] = (True with { ExitCode = 0 }, 0, "an exit code is not true"),
        ["rejects, and 1"] = (True with { ExitCode = 1 }, 1, "an exit code is not true"),
        ["no rejects, and 2"] = (True with { Written = 4, Quarantined = 0 }, 2, "an exit code is not true"),
        ["failed, and 0"] = (True with { Outcome = "failed", Error = "no", ExitCode = 0 }, 0, "an exit code is not true"),
        ["failed, and 2"] = (True with { Outcome = "failed", Error = "no" }, 2, "an exit code is not true"),
        ["failed by what may pass, and 1"] = (True with { Outcome = "failed", Error = "away", ErrorId = "QueueUnreachable", ExitCode = 1 }, 1, "an exit code is not true"),
        ["unknown, and 2"] = (True with { Received = 7, Unknown = 1 }, 2, "an exit code is not true"),
        ["its process ends otherwise"] = (True, 0, "an exit code is not true"),
        ["its process ends otherwise than it says"] = (True with { ExitCode = 0 }, 2, "an exit code is not true"),
        ["an error without a failure"] = (True with { Error = "no" }, 2, "gives a reason: no"),
        ["a failure without an error"] = (True with { Outcome = "failed", ExitCode = 1 }, 1, "a run that failed gives no reason"),
    };

    public static TheoryData<string> EveryLie => [.. Lies.Keys];

    [Fact]
    public void True_receipts_are_no_complaint()
    {
        RunReceipt[] all =
        [
            True,
            True with { Written = 4, Quarantined = 0, ExitCode = 0 },
            True with { Outcome = "stopped" },
            True with { Outcome = "failed", Error = "no", ExitCode = 1 },
            True with { Outcome = "failed", Error = "no", ErrorId = "TableNotFound", ExitCode = 1 },
            True with { Outcome = "failed", Error = "away", ErrorId = "DatabaseUnreachable", ExitCode = 75 },
            True with { Received = 7, Unknown = 1, ExitCode = 1 },
        ];
        Assert.All(all, receipt => Assert.Empty(ReceiptCheck.Complaints(Ended(receipt))));
        Assert.Empty(ReceiptCheck.Complaints([Ended(True)], LedgerCheckTests.Of("u1 u2", "m3 m4")));
        Assert.Empty(ReceiptCheck.Complaints([Ended(True), Ended(True)], delivered: 12));
    }

    [Theory]
    [MemberData(nameof(EveryLie))]
    public void False_receipt_is_refused(string lie)
    {
        var (receipt, exitCode, complaint) = Lies[lie];
        Assert.Contains(complaint, string.Join('\n', ReceiptCheck.Complaints(Ended(receipt, exitCode))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("u1", "m3 m4", "the receipts speak of 2 rows, and there are 1")]
    [InlineData("u1 u2 u3", "m3 m4", "the receipts speak of 2 rows, and there are 3")]
    [InlineData("u1 u2", "m3 m4 m5", "the receipts speak of fewer than the 3 entries in quarantine")]
    public void Receipt_that_the_database_belies_is_refused(string rows, string quarantined, string complaint) =>
        Assert.Equal([complaint], ReceiptCheck.Complaints([Ended(True)], LedgerCheckTests.Of(rows, quarantined)));

    [Fact]
    public void Rows_beyond_the_receipts_may_be_those_of_a_run_that_was_killed_and_missing_ones_may_not()
    {
        EndedRun[] runs = [Ended(True), Killed];
        Assert.Empty(ReceiptCheck.Complaints(runs, LedgerCheckTests.Of("u1 u2 u3", "m3 m4 m5")));
        Assert.Equal(["the receipts speak of 2 rows at least, and there are 1"], ReceiptCheck.Complaints(runs, LedgerCheckTests.Of("u1", "m3 m4")));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    public void Receipt_of_other_than_the_queue_gave_is_refused(int delivered)
    {
        Assert.Equal([$"the receipts speak of 6 messages received, and the queue gave {delivered}"], ReceiptCheck.Complaints([Ended(True)], delivered));
        Assert.Empty(ReceiptCheck.Complaints([Ended(True), Killed], delivered));
    }

    [Fact]
    public void Run_that_leaves_no_receipt_or_does_not_end_is_refused()
    {
        Assert.Empty(ReceiptCheck.Complaints(Killed));
        Assert.Contains("left no receipt", Assert.Single(ReceiptCheck.Complaints(Ended(null, 1, "login-etl: there is no queue"))), StringComparison.Ordinal);
        Assert.Contains("left no receipt", Assert.Single(ReceiptCheck.Complaints(Ended(null, 0))), StringComparison.Ordinal);
        Assert.Equal(["a run did not end"], ReceiptCheck.Complaints(Killed with { TookTooLong = true }));
    }

    private static EndedRun Killed { get; } = new(null, new ProgramEnd(null, "SIGKILL", ""), [], Killed: true, TookTooLong: false);

    private static EndedRun Ended(RunReceipt? receipt, int? exitCode = null, params string[] said) =>
        new(receipt, new ProgramEnd(exitCode ?? receipt?.ExitCode, null, ""), said, Killed: false, TookTooLong: false);
}
