using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>How many messages a run holds, and how long it polls meanwhile.</summary>
public sealed class HoldingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_more_messages_are_held_than_allowed()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(100);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8, MaxHeld = 25 });

        var received = 0;
        while (await source.ReceiveAsync(Cancelled) is { Count: > 0 } messages)
        {
            await Task.Delay(150, Cancelled);
            Assert.InRange(source.Book.Open, 1, 25);
            Assert.InRange((await queue.CountsAsync()).InFlight, 0, 25);
            received += messages.Count;
            await TestQueue.SettleAsync(source, messages);
        }

        Assert.Equal(100, received);
    }

    [Fact]
    public async Task Full_cap_that_nothing_settles_ends_the_run_and_names_the_ways_out()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { MaxHeld = 5, StallTimeout = TimeSpan.FromMilliseconds(400) });

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => TestQueue.ReceiveAllAsync(source, settle: false));

        Assert.Equal("HeldMessagesCapReached", e.Id);
        Assert.Contains("Confirm-LoginMessage", e.Remedy, StringComparison.Ordinal);
        Assert.Contains("Reset-LoginMessage", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(5, source.Book.Open);
    }

    [Fact]
    public async Task No_polls_are_made_that_may_bring_more_bytes_than_may_be_held()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(60);
        var (asked, most) = (0, 0);
        // Twelve messages as large as can be, with the answers that they come in.
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var wanted = call.Request["MaxNumberOfMessages"]!.GetValue<int>();
                InterlockedMax(ref most, Interlocked.Add(ref asked, wanted));
                try
                {
                    return await call.PassOnAsync();
                }
                finally
                {
                    Interlocked.Add(ref asked, -wanted);
                }
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 8, MaxHeldBytes = 25L << 20 }, server: server);
        Assert.Equal(60, await TestQueue.ReceiveAllAsync(source, settle: true) is { Count: var received } ? received : 0);
        Assert.InRange(most, 11, 12);
    }

    [Fact]
    public async Task Bytes_that_nothing_settles_end_the_run_and_name_the_ways_out()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { MaxHeldBytes = 1, StallTimeout = TimeSpan.FromMilliseconds(400) });
        var e = await Assert.ThrowsAsync<LoginEtlException>(() => TestQueue.ReceiveAllAsync(source, settle: false));
        Assert.Equal("HeldMessagesCapReached", e.Id);
        Assert.Contains("KiB are held", e.Message, StringComparison.Ordinal);
        Assert.Contains("-MaxHeldBytes", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(1, source.Book.Open);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
        {
            var was = Interlocked.CompareExchange(ref most, value, seen);
            if (was == seen)
            {
                return;
            }

            seen = was;
        }
    }

    [Fact]
    public async Task Full_cap_is_no_stall_while_a_transaction_is_open()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(20);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { MaxHeld = 5, StallTimeout = TimeSpan.FromMilliseconds(200) });
        var first = await TestQueue.HoldAsync(source, 5);
        Assert.All(first, m => Assert.True(source.Book.BeginCommit(m.Delivery)));
        var more = source.ReceiveAsync(Cancelled);
        await Task.Delay(1200, Cancelled);
        Assert.False(more.IsCompleted);

        await TestQueue.SettleAsync(source, first);
        Assert.NotEmpty(await more);
    }

    [Fact]
    public async Task Far_queue_is_polled_long_while_nothing_is_held_and_short_while_something_is()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var waits = new System.Collections.Concurrent.ConcurrentQueue<int>();
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call =>
            {
                waits.Enqueue(call.Request["WaitTimeSeconds"]!.GetValue<int>());
                return call.PassOnAsync();
            },
        };
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true, Receivers = 1 }, asIfRemote: true, server: server);
        await Until.Async(() => !waits.IsEmpty, "the first poll");
        await queue.SendAsync("{}");
        var held = await TestQueue.HoldAsync(source, 1);
        await Until.Async(() => waits.Contains(1), "a short poll while a message is held");
        await TestQueue.SettleAsync(source, held);
        await Until.Async(() => waits.Last() == 20, "a long poll when nothing is held");
        Assert.Equal(20, waits.First());

        // A long poll in flight does not keep a stopped run.
        var clock = Stopwatch.StartNew();
        source.RunEnd.Stop();
        Assert.Empty(await source.ReceiveAsync(Cancelled));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
    }
}
