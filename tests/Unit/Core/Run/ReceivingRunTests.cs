using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class ReceivingRunTests : RunningTests
{
    [Fact]
    public async Task Messages_come_decoded_and_the_end_is_known()
    {
        var source = Source();
        source.AddMany(2);
        source.Add(body: "not json");
        var run = new ReceivingRun(source);
        Assert.Same(run, source.Book.Run);

        var logins = await run.ReceiveAsync(Limit);
        Assert.Equal([true, true, false], logins.Select(l => l is LoginMessage));
        Assert.False(run.ReceivingEnded);
        Assert.Empty(await run.ReceiveAsync(Limit));
        Assert.True(run.ReceivingEnded);
        await run.ReleaseAsync();
    }

    [Fact]
    public async Task Last_to_let_go_returns_the_rest_and_closes_the_source_once()
    {
        var source = Source();
        source.AddMany(3);
        var run = new ReceivingRun(source);
        Assert.True(run.TryHold());
        Assert.True(run.TryHold());
        source.Book.Claim(source.Book.Leased()[0]);

        await run.ReleaseAsync();
        await run.ReleaseAsync();
        Assert.Equal((0, 3), (source.Disposed, source.Book.Open));
        await run.ReleaseAsync();
        Assert.Equal((1, 0), (source.Disposed, source.Book.Open));
        Assert.Equal(3, Journal.Ids("return").Count);
        Assert.True(Journal.IndexOf("dispose queue", "") > Journal.IndexOf("return", Journal.Ids("return")[2]));

        Assert.False(run.TryHold());
        await run.ReleaseAsync();
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Holding_and_letting_go_at_once_closes_the_source_once()
    {
        for (var round = 0; round < 500; round++)
        {
            var source = Source();
            var run = new ReceivingRun(source);
            await Task.WhenAll(
                Task.Run(async () =>
                {
                    if (run.TryHold())
                    {
                        Assert.Equal(0, source.Disposed);
                        await run.ReleaseAsync();
                    }
                }, Limit),
                Task.Run(run.ReleaseAsync, Limit));
            Assert.Equal(1, source.Disposed);
            Assert.False(run.TryHold());
        }
    }

    [Fact]
    public async Task Nothing_is_polled_any_more_when_the_rest_is_returned()
    {
        var source = Source();
        source.Add();
        var polling = true;
        source.OnReturn = deliveries =>
        {
            polling = source.RunEnd.Reason is null;
            return Task.CompletedTask;
        };
        var run = new ReceivingRun(source);
        await run.ReleaseAsync();
        Assert.False(polling);
    }

    [Fact]
    public async Task What_a_source_fails_to_return_has_lapsed_and_the_source_is_closed_all_the_same()
    {
        foreach (var fails in new Func<IReadOnlyCollection<QueueDelivery>, Task>[]
        {
            _ => Task.CompletedTask, _ => throw new InvalidOperationException(), _ => Task.FromCanceled(new CancellationToken(true)),
        })
        {
            var source = Source();
            source.OnReturn = fails;
            source.AddMany(3);
            var run = new ReceivingRun(source);
            await run.ReleaseAsync();
            AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Lapsed, 3));
            Assert.Equal(1, source.Disposed);
        }
    }

    [Fact]
    public async Task What_a_poll_that_never_ends_brings_in_has_lapsed()
    {
        var source = Source();
        source.Add();
        source.OnReturn = deliveries =>
        {
            foreach (var delivery in deliveries)
            {
                source.Book.Settle(delivery, Outcome.Returned);
            }

            source.Add();
            return Task.CompletedTask;
        };
        var run = new ReceivingRun(source);
        await run.ReleaseAsync();
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 2), (Outcome.Lapsed, 1));
    }

    [Fact]
    public async Task First_fault_is_the_one_that_is_told()
    {
        var source = Source();
        var run = new ReceivingRun(source);
        run.Fail(Down);
        run.Fail(Lost);
        run.Stop();
        Assert.Equal((RunState.Failed, "The database is down. Start it."), (run.Receipt().Outcome, run.Receipt().Error));
        await run.ReleaseAsync();
    }

    [Fact]
    public async Task Message_the_source_found_unusable_is_a_reject_and_its_body_is_not_read()
    {
        var source = Source();
        var delivery = Deliveries.New();
        source.Book.Admit(delivery);
        var message = new ReceivedMessage(delivery, "x"u8.ToArray(), new Rejection(RejectReason.ChecksumMismatch));
        await using var stub = new OneMessage(source, message);
        var reject = Assert.IsType<RejectedLogin>(Assert.Single(await new ReceivingRun(stub).ReceiveAsync(Limit)));
        Assert.Equal(RejectReason.ChecksumMismatch, reject.GetRejection().Reason);
        Assert.Equal($"message {delivery}", message.ToString());
    }

    private sealed class OneMessage(IMessageSource inner, ReceivedMessage message) : IMessageSource
    {
        public string Name => inner.Name;

        public InFlightMessages Book => inner.Book;

        public RunEnd RunEnd => inner.RunEnd;

        public Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<ReceivedMessage>>([message]);

        public Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken) =>
            inner.DeleteAsync(settled, cancellationToken);

        public Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken) =>
            inner.ReturnAsync(unsettled, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
