using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>Rows whose ip is no address are counted: behind proxies, duplicates are lost without a word otherwise.</summary>
public sealed class NotAnAddressTests : RunningTests
{
    private static readonly string[] Ips = ["203.0.113.7", "203.0.113.7, 10.0.0.1", "203.0.113.7:80", "unknown"];

    [Fact]
    public async Task Rows_of_a_queue_are_counted_in_the_run_and_duplicates_and_rejects_are_not()
    {
        var source = Source();
        foreach (var ip in Ips)
        {
            source.Add(body: Body(ip));
        }

        source.Add(body: "{}");
        Sink.Outcomes = batch => [.. batch.Select((l, i) => l is SealedReject ? Outcome.Quarantined : i == 3 ? Outcome.Duplicate : Outcome.Written)];
        var receipt = await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 5 }, null, Limit);
        Assert.Equal((3, 1, 1, 2, true), (receipt.Written, receipt.Duplicate, receipt.Quarantined, receipt.NotAnAddress, receipt.Balanced));
        Assert.Contains(", 2 not an address", receipt.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"not_an_address\":2", ReceiptText.Json(receipt), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_of_lines_are_counted_and_the_exit_code_is_that_of_a_good_run()
    {
        await using var writer = Writer(batchSize: 10);
        var text = new LoginText();
        foreach (var ip in Ips)
        {
            Assert.True(await writer.AddAsync(Protector.Protect(text.Decode("file", 1, Body(ip))!), Limit));
        }

        await writer.CompleteAsync(Limit);
        Assert.Equal((4, 3, 0), (writer.Receipt().Written, writer.Receipt().NotAnAddress, writer.Receipt().ExitCode));
    }

    [Fact]
    public void Several_receipts_are_added_up()
    {
        var one = new Receipt { Source = "a", Outcome = RunState.Completed, StartedAt = Deliveries.Sent, Elapsed = TimeSpan.Zero, Received = 2, Written = 2, NotAnAddress = 2 };
        Assert.Equal(5, Receipt.Sum([one, one with { NotAnAddress = 3 }]).NotAnAddress);
    }

    private static string Body(string ip) => Deliveries.Replace("ip", $"\"{ip}\"");
}
