using LoginEtl.Run;
using LoginEtl.Sandbox;
using LoginEtl.Sandbox.Demo;
using Xunit;

namespace LoginEtl.Unit.Sandbox;

public sealed class ExpectationsTests
{
    private static readonly SampleTally Samples = new(Logins: 99, Wrong: 1, SharedIps: 6, SharedDevices: 5);

    private static readonly RunReceipt AsExpected = new()
    {
        Outcome = "completed",
        Received = 100,
        Written = 99,
        Quarantined = 1,
        Balanced = true,
        ExitCode = 2,
        ProcessExitCode = 2,
    };

    [Fact]
    public void Expected_receipts_pass()
    {
        var expectations = new Expectations(Samples);
        expectations.FirstRun(AsExpected);
        expectations.SecondRun(AsExpected with { Written = 0, Duplicate = 99 });
        Assert.Empty(expectations.Failures);
    }

    public static TheoryData<string> Wrongs => new(WrongReceipts.Keys);

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void Any_other_receipt_fails(string wrong)
    {
        var expectations = new Expectations(Samples);
        expectations.FirstRun(WrongReceipts[wrong]);
        Assert.Single(expectations.Failures);
    }

    [Fact]
    public void Second_run_that_writes_fails()
    {
        var expectations = new Expectations(Samples);
        expectations.SecondRun(AsExpected);
        Assert.Contains("written by the second run: 99, expected 0", expectations.Failures);
    }

    [Fact]
    public void Receipt_of_the_product_is_understood()
    {
        var receipt = new Receipt
        {
            Source = "queue",
            Outcome = RunState.Completed,
            StartedAt = DateTimeOffset.UnixEpoch,
            Elapsed = TimeSpan.FromSeconds(1.5),
            Received = 100,
            Written = 97,
            Duplicate = 2,
            Quarantined = 1,
        };
        Assert.True(RunReceipt.TryRead(ReceiptText.Json(receipt), out RunReceipt? read));
        Assert.Equal(
            "100 received: 97 written, 1 quarantined, 2 duplicate, 0 returned, balanced (completed, 1.5 s)", read!.ToString());
        Assert.Equal(receipt.ExitCode, read.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("{")]
    [InlineData("""{"other": 1}""")]
    public void Other_output_is_no_receipt(string line) => Assert.False(RunReceipt.TryRead(line, out _));

    private static Dictionary<string, RunReceipt> WrongReceipts => new()
    {
        ["received"] = AsExpected with { Received = 99 },
        ["written"] = AsExpected with { Written = 98 },
        ["quarantined"] = AsExpected with { Quarantined = 0 },
        ["duplicate"] = AsExpected with { Duplicate = 1 },
        ["returned"] = AsExpected with { Returned = 1 },
        ["lapsed"] = AsExpected with { Lapsed = 1 },
        ["unknown"] = AsExpected with { Unknown = 1 },
        ["undeleted"] = AsExpected with { Undeleted = 1 },
        ["balance"] = AsExpected with { Balanced = false },
        ["error"] = AsExpected with { Error = "lost" },
        ["exit code"] = AsExpected with { ProcessExitCode = 0 },
    };
}
