using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>How a run ends: by its limits, by a stop, by a failure elsewhere.</summary>
public sealed class EndingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ends_when_its_time_is_up()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true, MaxDuration = TimeSpan.FromMilliseconds(500) });

        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.Equal(EndReason.MaxDuration, source.RunEnd.Reason);
    }

    [Fact]
    public async Task Run_that_waits_for_ever_gets_what_comes_later_and_stops_when_asked()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        var waiting = source.ReceiveAsync(Cancelled);
        await Task.Delay(2500, Cancelled);
        Assert.False(waiting.IsCompleted);

        await queue.SendAsync("{}");
        Assert.Single(await waiting.WaitAsync(TimeSpan.FromSeconds(5), Cancelled));

        var clock = Stopwatch.StartNew();
        source.RunEnd.Stop();
        source.RunEnd.Stop();
        Assert.Empty(await source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(10), Cancelled));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        Assert.Equal(EndReason.Stopped, source.RunEnd.Reason);
    }

    [Fact]
    public async Task What_has_arrived_is_still_handed_over_after_a_stop()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(10);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { Receivers = 1, MaxHeld = 10 });
        await Until.Async(() => source.Book.Open >= 10, "10 messages");
        source.RunEnd.Stop();

        Assert.Equal(10, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
    }

    [Fact]
    public async Task Another_exceptions_text_is_not_shown()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var server = new FaultyServer(servers) { OnReceive = _ => Task.FromResult(MadeUp.HungUp) };
        // The client names whatever happens in a call. This happens in a host that is told of the outage.
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true, Waiting = _ => throw new InvalidOperationException("199.172.111.135") }, server: server);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));
        Assert.Contains(nameof(InvalidOperationException), e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("199.172.111.135", e.Message + e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_is_bounded_and_can_be_repeated_and_gives_back_what_nobody_took()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(50);
        var source = await queue.ReceiveAsync();
        await Until.Async(() => source.Book.Open >= 50, "50 messages");
        var clock = Stopwatch.StartNew();
        await source.DisposeAsync();
        await source.DisposeAsync();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.True(source.Book.Balanced);
        Assert.Equal((50, 0), await queue.CountsAsync());
        Assert.Equal(50, source.Book.Counts()[Outcome.Returned]);
    }
}
