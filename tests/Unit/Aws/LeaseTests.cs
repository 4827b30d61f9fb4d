using System.Collections.Concurrent;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class LeaseTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heartbeat_that_failed_is_made_good_by_the_next()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(5);
        var beats = 0;
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = async call => Interlocked.Increment(ref beats) % 2 == 1 ? MadeUp.HungUp : await call.PassOnAsync(),
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, server: server);
        Assert.NotEmpty(await source.ReceiveAsync(Cancelled));

        await Task.Delay(5000, Cancelled);

        Assert.Equal((0, 5), await queue.CountsAsync());
        Assert.Equal(5, source.Book.Received);
    }

    [Fact]
    public async Task While_leases_run_out_nothing_is_received_until_what_is_being_written_is_settled()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(5);
        await using var server = new FaultyServer(servers) { OnVisibility = _ => Task.FromResult(MadeUp.Unavailable) };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, server: server);
        var held = await TestQueue.HoldAsync(source, 5);
        Assert.All(held, m => Assert.True(source.Book.Claim(m.Delivery)));
        await Task.Delay(3500, Cancelled);
        var received = source.Book.Received;
        await queue.SendAsync(5);
        await Task.Delay(1500, Cancelled);
        Assert.Equal(received, source.Book.Received);

        await TestQueue.SettleAsync(source, held);
        await Until.Async(() => source.Book.Received >= received + 5, "what was sent while leases ran out");
    }

    [Fact]
    public async Task Leases_run_out_no_more_when_what_was_held_is_settled()
    {
        await using var server = new FaultyServer(servers) { OnVisibility = _ => Task.FromResult(MadeUp.Unavailable) };
        var queue = await (await TestQueue.CreateAsync(servers)).FindAsync(server);
        using var client = queue.Client;
        var book = new InFlightMessages(10);
        var delivery = Postgres.Logins.Delivery();
        book.Admit(delivery);
        var keeper = new VisibilityHeartbeat(queue, new VisibilityTerms(TimeSpan.FromMilliseconds(400), AskFor: null), book, SqsTimings.Default);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var beating = keeper.RunAsync(end.Token);
        Assert.False(keeper.AreRunningOut);
        await Until.Async(() => keeper.AreRunningOut, "leases that run out");

        book.Settle(delivery, Outcome.Written);

        await Until.Async(() => !keeper.AreRunningOut, "an end of it");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => beating);
    }

    [Fact]
    public async Task Lease_that_ran_out_all_the_same_takes_over_the_newer_handle_and_is_not_handed_over_twice()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(1);
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = call => Task.FromResult(MadeUp.Failed(call.Entries(), "MessageNotInflight", senderFault: true)),
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { WaitForever = true }, server: server);
        var held = await source.ReceiveAsync(Cancelled);
        var handle = Assert.Single(held).Delivery.ReceiptHandle;
        var more = source.ReceiveAsync(Cancelled);
        await Until.Async(() => source.Book.Received >= 2, "the message, a second time");

        Assert.NotEqual(handle, held[0].Delivery.ReceiptHandle);
        Assert.False(more.IsCompleted);
        await TestQueue.SettleAsync(source, held);
        Assert.Equal((0, 0), await queue.CountsAsync());
        var counts = source.Book.Counts();
        Assert.True(source.Book.Balanced);
        Assert.Equal(1, counts[Outcome.Lapsed]);
        Assert.Equal(1, counts[Outcome.Written]);
    }

    [Fact]
    public async Task Queue_whose_timeout_is_zero_is_held_all_the_same()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 0);
        await queue.SendAsync(10);
        await using var source = await queue.ReceiveAsync();

        Assert.Equal(10, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
        Assert.Equal(10, source.Book.Received);
    }

    [Fact]
    public async Task Leases_are_not_extended_beyond_what_SQS_allows()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(1);
        await using var source = await queue.ReceiveAsync(
            new ReceiveOptions { WaitForever = true }, new SqsTimings { HoldAtMost = TimeSpan.FromSeconds(1) });
        Assert.Single(await source.ReceiveAsync(Cancelled));

        await Until.Async(() => source.Book.Received >= 2, "the message, a second time");
    }

    [Fact]
    public async Task Leases_are_extended_for_eleven_hours_and_no_longer()
    {
        var extended = new ConcurrentQueue<string>();
        await using var server = new FaultyServer(servers)
        {
            OnVisibility = call =>
            {
                call.Entries().ToList().ForEach(e => extended.Enqueue(e.Handle()));
                return Task.FromResult(ProxiedAnswer.Ok([]));
            },
        };
        var queue = await (await TestQueue.CreateAsync(servers)).FindAsync(server);
        using var client = queue.Client;
        var book = new InFlightMessages(10);
        Admit("held for 10:59", TimeSpan.FromMinutes((11 * 60) - 1));
        Admit("held for 11:01", TimeSpan.FromMinutes((11 * 60) + 1));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var beating = new VisibilityHeartbeat(queue, new VisibilityTerms(TimeSpan.FromMilliseconds(400), AskFor: null), book, SqsTimings.Default).RunAsync(end.Token);

        await Until.Async(() => extended.Count >= 3, "three beats");

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => beating);
        Assert.Equal(["held for 10:59"], extended.Distinct());

        void Admit(string handle, TimeSpan age) => book.Admit(new QueueDelivery(
            new MessageId(Guid.NewGuid().ToString()), handle, DateTimeOffset.UtcNow, 1, DateTimeOffset.UtcNow - age));
    }

    [Fact]
    public async Task Heartbeat_that_is_not_allowed_ends_the_run_and_names_the_right()
    {
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await queue.SendAsync(1);
        await using var server = new FaultyServer(servers) { OnVisibility = _ => Task.FromResult(MadeUp.Denied) };
        await using var source = await queue.ReceiveAsync(server: server);
        Assert.Single(await source.ReceiveAsync(Cancelled));

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => source.ReceiveAsync(Cancelled));

        Assert.Contains("sqs:ChangeMessageVisibility ", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 30, 30)]
    [InlineData(1, 30, 30)]
    [InlineData(2, 2, null)]
    [InlineData(43200, 43200, null)]
    public void Lease_follows_the_queues_own_timeout_unless_that_is_too_short(int attribute, int seconds, int? asked)
    {
        var lease = VisibilityTerms.Of(attribute);

        Assert.Equal(TimeSpan.FromSeconds(seconds), lease.Timeout);
        Assert.Equal(asked, lease.AskFor);
    }

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("262144", 262144)]
    [InlineData("1048576", 1048576)]
    [InlineData("2097152", 1048576)]
    [InlineData("0", 1048576)]
    [InlineData("-1", 1048576)]
    [InlineData("all", 1048576)]
    [InlineData(null, 1048576)]
    public void Largest_body_is_the_queues_own_limit_and_that_of_SQS_where_it_has_none(string? attribute, int bytes)
    {
        var attributes = new Dictionary<string, string> { ["VisibilityTimeout"] = "30" };
        if (attribute is not null)
        {
            attributes["MaximumMessageSize"] = attribute;
        }

        Assert.Equal(bytes, ReceiveTerms.Of(attributes).LargestBody);
    }
}
