using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>A receipt says why its run ended: an empty queue and one that was given up waiting for are told apart.</summary>
public sealed class EndedRunTests(ServersFixture servers) : IDisposable
{
    private static readonly ReceiveOptions Short = new() { DrainWindow = TimeSpan.FromSeconds(1), DrainTimeout = TimeSpan.FromSeconds(2) };

    private readonly WholeRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Empty_queue_and_messages_that_others_hold_give_other_receipts()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await QueueAsync(3);
        Assert.Equal(1, await queue.TakeAsync(1, visibilityTimeout: 60));
        Says(await _run.RunAsync(queue, database, receive: Short), EndReason.DrainTimeout, "drain_timeout", "Completed (others still held messages)");
        Says(await _run.RunAsync(await QueueAsync(2), database, receive: Short), EndReason.Drained, "drained", "Completed, received 2");
    }

    [Fact]
    public async Task Bounds_of_a_run_are_told()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Says(await _run.RunAsync(await QueueAsync(3), database, receive: Short with { MaxMessages = 2 }), EndReason.MaxMessages, "max_messages", "Completed (all messages asked for)");
        Says(
            await _run.RunAsync(await QueueAsync(1), database, receive: Short with { WaitForever = true, MaxDuration = TimeSpan.FromSeconds(1) }),
            EndReason.MaxDuration, "max_duration", "Completed (time was up)");
    }

    [Fact]
    public async Task Held_groups_a_stop_and_a_fault_are_told()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var fifo = await TestQueue.FifoAsync(servers);
        await fifo.SendAsync(WholeRun.Body("bad1"), "a");
        await fifo.SendAsync(WholeRun.Body("a1"), "a");
        Says(
            await _run.RunAsync(fifo, database, new SinkOptions { OnBadInGroup = BadInGroupAction.HoldGroup }, receive: Short),
            EndReason.GroupsHeld, "groups_held", "Completed (groups are held)");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Says(await _run.RunAsync(await QueueAsync(1), database, receive: Short with { WaitForever = true }, stop: stop), EndReason.Stopped, "stopped", "Stopped, received");
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false) NOT VALID");
        var failed = await _run.RunAsync(await QueueAsync(20), database, receive: Short);
        Says(failed, EndReason.Failed, "failed", "Failed, received");
        Says(Receipt.Failed("q", DateTimeOffset.UtcNow, new LoginEtlException(new ErrorId(FaultKind.Failed, "X"), "x", "y")), EndReason.Failed, "failed", "Failed, received 0");
    }

    private static void Says(Receipt receipt, EndReason reason, string json, string line)
    {
        Assert.True(reason == receipt.Ended, $"{receipt.Ended}: {receipt} {receipt.Error}");
        Assert.Equal(json, JsonNode.Parse(ReceiptText.Json(receipt))!["ended"]!.GetValue<string>());
        Assert.Contains(line, receipt.ToString(), StringComparison.Ordinal);
    }

    private async Task<TestQueue> QueueAsync(int messages)
    {
        var queue = await TestQueue.CreateAsync(servers);
        for (var i = 0; i < messages; i++)
        {
            await queue.SendAsync(WholeRun.Body($"u{i}"));
        }

        return queue;
    }
}
