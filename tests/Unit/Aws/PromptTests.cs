using System.Collections.Concurrent;
using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>What has to come within a time that is short beside what other tests take of the machine.</summary>
[Collection(RunsAlone.Name)]
public sealed class PromptTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Returned_messages_are_visible_at_once()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(100);
        await using var source = await queue.ReceiveAsync();
        await TestQueue.HoldAsync(source, 100);

        source.RunEnd.Stop();
        var clock = Stopwatch.StartNew();
        await TestQueue.ReturnAllAsync(source);

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal((100, 0), await queue.CountsAsync());
        Assert.Equal(100, source.Book.Counts()[Outcome.Returned]);
        Assert.True(source.Book.Balanced);
    }

    [Fact]
    public async Task As_many_as_may_be_held_by_default_are_returned_within_the_time_of_a_stopping_run()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 600);
        var most = new ReceiveOptions().MaxHeld;
        await queue.SendAsync(most);
        await using var source = await queue.ReceiveAsync();
        await TestQueue.HoldAsync(source, most);

        source.RunEnd.Stop();
        await source.ReceiveAsync(Cancelled);
        var clock = Stopwatch.StartNew();
        await TestQueue.ReturnAllAsync(source);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{source.Book.Counts()[Outcome.Returned]} returned in {clock.ElapsedMilliseconds} ms");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2.5));
        Assert.Equal(0, source.Book.Open);
        // A return that takes too long ends itself, and what it did not come to has lapsed: the time alone says nothing.
        Assert.Equal(most, source.Book.Counts()[Outcome.Returned]);
        Assert.Equal((most, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Failure_downstream_ends_a_waiting_receive_at_once()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        var waiting = source.ReceiveAsync(Cancelled);
        var cause = new LoginEtlException(new ErrorId(FaultKind.Failed, "Downstream"), "It failed.", "Mend it.");

        source.RunEnd.Fail(cause);

        Assert.Same(cause, await Assert.ThrowsAsync<LoginEtlException>(
            () => waiting.WaitAsync(TimeSpan.FromSeconds(1), Cancelled)));
        Assert.Same(cause, await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled)));
    }

    [Fact]
    public async Task Refused_poll_ends_the_run_at_once_and_names_the_right_that_is_missing()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var server = new FaultyServer(servers) { OnReceive = _ => Task.FromResult(MadeUp.Denied) };
        await using var source = await queue.ReceiveAsync(server: server);

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => source.ReceiveAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(1), Cancelled));

        Assert.Equal("QueueAccessDenied", e.Id);
        Assert.Contains("sqs:ReceiveMessage", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_of_a_two_second_queue_are_held_for_eight_seconds_without_coming_again()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(40);
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true });
        var held = await TestQueue.HoldAsync(source, 40);
        var more = source.ReceiveAsync(Cancelled);
        for (var i = 0; i < 8; i++)
        {
            await Task.Delay(1000, Cancelled);
            Assert.Equal((0, 40), await queue.CountsAsync());
        }

        Assert.False(more.IsCompleted);
        Assert.Equal(40, source.Book.Received);
        await TestQueue.SettleAsync(source, held);
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task No_extension_is_asked_for_once_a_delete_was_and_one_under_way_is_waited_for()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(20);
        var beating = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var deleting = new ConcurrentDictionary<string, bool>();
        var late = new ConcurrentBag<string>();
        await using var server = new FaultyServer(servers)
        {
            OnDelete = call =>
            {
                call.Entries().ToList().ForEach(e => deleting[e.Handle()] = true);
                return call.PassOnAsync();
            },
            OnVisibility = async call =>
            {
                call.Entries().Where(e => deleting.ContainsKey(e.Handle())).ToList().ForEach(e => late.Add(e.Handle()));
                beating.TrySetResult();
                await goOn.Task.WaitAsync(Cancelled);
                return await call.PassOnAsync();
            },
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, server: server);
        var held = await TestQueue.HoldAsync(source, 20);
        await beating.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancelled);

        // An extension that comes after a delete may be refused, or hold what is not there any more. It is waited for,
        // though no longer than half a second.
        var settling = TestQueue.SettleAsync(source, held);
        await Task.Delay(200, Cancelled);
        Assert.Empty(deleting);
        goOn.SetResult();
        await settling;

        Assert.Equal(20, deleting.Count);
        // Three beats.
        await Task.Delay(1500, Cancelled);
        Assert.Empty(late);
        Assert.Equal((0, 0), await queue.CountsAsync());
    }
}
