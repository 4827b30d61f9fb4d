using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class ManualSettlementTests : RunningTests
{
    [Fact]
    public async Task Message_that_the_queue_gives_back_before_the_return_is_answered_is_held_again()
    {
        var source = Source();
        var first = source.Add("again");
        QueueDelivery? second = null;
        source.OnReturn = returned =>
        {
            if (second is null)
            {
                // The queue is faster than its own answer.
                second = Deliveries.New("again", "newer");
                Assert.True(source.Book.Admit(second));
            }

            foreach (var delivery in returned)
            {
                source.Book.Settle(delivery, Outcome.Returned);
            }

            return Task.CompletedTask;
        };
        var run = new ReceivingRun(source);
        await using (var settlement = ManualSettlement.Returning())
        {
            Assert.True(settlement.Add(Assert.Single(await ReceiveAllAsync(run))));
        }

        Assert.NotSame(first, second);
        Assert.True(source.Book.Leases(second!));
        Assert.Equal(1, source.Book.Open);
        await run.ReleaseAsync();
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 2));
    }

    [Fact]
    public async Task What_is_on_its_way_back_has_no_lease_any_more()
    {
        var source = Source();
        var delivery = source.Add();
        var leases = new List<bool>();
        source.OnReturn = returned =>
        {
            leases.AddRange(returned.Select(source.Book.Leases));
            source.Book.Settle(delivery, Outcome.Returned);
            return Task.CompletedTask;
        };
        var run = new ReceivingRun(source);
        await using (var settlement = ManualSettlement.Returning())
        {
            Assert.True(settlement.Add(Assert.Single(await ReceiveAllAsync(run))));
        }

        Assert.Equal([false], leases);
        await run.ReleaseAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Source_that_throws_leaves_no_run_held(bool deletes)
    {
        var source = Source();
        source.AddMany(2);
        source.OnDelete = source.OnReturn = _ => Task.FromException(new InvalidOperationException("broken"));
        var run = new ReceivingRun(source);
        var settlement = deletes ? ManualSettlement.Deleting() : ManualSettlement.Returning();
        foreach (var login in await ReceiveAllAsync(run))
        {
            Assert.True(settlement.Add(login));
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => settlement.DisposeAsync().AsTask());
        await run.ReleaseAsync();
        Assert.Equal((1, 0), (source.Disposed, source.Book.Open));
        AssertCounts(run.Receipt(), RunState.Completed, (deletes ? Outcome.Confirmed : Outcome.Lapsed, 2));
        Assert.Equal(deletes ? 2 : 0, run.Receipt().Undeleted);
    }
}
