using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class BatchWriterFaultTests : RunningTests
{
    [Fact]
    public async Task Failure_surfaces_at_the_next_add_and_at_completion()
    {
        Sink.InTransaction = (_, _) => Task.FromException(Down);
        await using var writer = Writer(batchSize: 1);
        await writer.AddAsync(Line(1), Limit);
        await UntilAsync(() => writer.Fault is not null);

        Assert.Same(Down, await Assert.ThrowsAsync<LoginEtlException>(async () => await writer.AddAsync(Line(2), Limit)));
        Assert.Same(Down, await Assert.ThrowsAsync<LoginEtlException>(() => writer.CompleteAsync(Limit)));
        AssertCounts(writer.Receipt(), RunState.Failed, (Outcome.Returned, 1));
    }

    [Fact]
    public async Task Failure_ends_an_add_that_waits_for_room()
    {
        var slow = new TaskCompletionSource();
        Sink.InTransaction = (_, _) => slow.Task;
        await using var writer = Writer(batchSize: 1);
        var adding = Task.Run(async () =>
        {
            for (var i = 1; i < 100; i++)
            {
                await writer.AddAsync(Line(i), Limit);
            }
        }, Limit);
        await Task.Delay(50, Limit);
        slow.SetException(Down);
        Assert.Same(Down, await Assert.ThrowsAsync<LoginEtlException>(() => adding.WaitAsync(Limit)));
        Assert.True(writer.Receipt().Balanced);
    }

    [Fact]
    public async Task Failure_cancels_the_poll_of_every_run_that_feeds_the_writer()
    {
        var (first, second) = (Source("a", waitForever: true), Source("b", waitForever: true));
        first.AddMany(2);
        second.AddMany(2);
        ReceivingRun[] runs = [new(first), new(second)];
        Sink.InTransaction = (_, _) => Task.FromException(Down);
        await using var writer = Writer(batchSize: 4);
        foreach (var run in runs)
        {
            foreach (var login in Protector.Protect(await run.ReceiveAsync(Limit)))
            {
                await writer.AddAsync(login, Limit);
            }
        }

        foreach (var run in runs)
        {
            Assert.Same(Down, await Assert.ThrowsAsync<LoginEtlException>(() => run.ReceiveAsync(Limit)));
        }

        await writer.DisposeAsync();
        foreach (var run in runs)
        {
            await run.ReleaseAsync();
            AssertCounts(run.Receipt(), RunState.Failed, (Outcome.Returned, 2));
        }
    }

    [Fact]
    public async Task Two_runs_share_a_batch_and_each_deletes_its_own()
    {
        var (first, second) = (Source("a"), Source("b"));
        first.AddMany(15);
        second.AddMany(15);
        ReceivingRun[] runs = [new(first), new(second)];
        var deleted = new Dictionary<string, int>();
        first.OnDelete = d => Count("a", d);
        second.OnDelete = d => Count("b", d);
        await using var writer = Writer(batchSize: 10);
        foreach (var (a, b) in (await ReceiveAllAsync(runs[0])).Zip(await ReceiveAllAsync(runs[1])))
        {
            Assert.True(await writer.AddAsync(a, Limit));
            Assert.True(await writer.AddAsync(b, Limit));
        }

        await writer.CompleteAsync(Limit);
        var receipt = writer.Receipt();
        AssertCounts(receipt, RunState.Completed, (Outcome.Written, 30));
        Assert.Equal(("a, b", 15, 15), (string.Join(", ", receipt.Source.Split(", ").Order()), deleted["a"], deleted["b"]));
        Assert.All(runs, r => Assert.Equal(0, r.Book.Open));

        Task Count(string name, IReadOnlyCollection<QueueDelivery> deliveries)
        {
            deleted[name] = deleted.GetValueOrDefault(name) + deliveries.Count;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_was_returned_while_it_was_buffered_is_left_out()
    {
        var source = Source();
        source.AddMany(6);
        var run = new ReceivingRun(source);
        await using var writer = Writer(batchSize: 100);
        var logins = await ReceiveAllAsync(run);
        foreach (var login in logins.Take(3))
        {
            Assert.True(await writer.AddAsync(login, Limit));
        }

        await run.ReturnUnsettledAsync(evenClaimed: true, Limit);
        Assert.False(await writer.AddAsync(logins[5], Limit));
        await writer.CompleteAsync(Limit);
        Assert.Empty(Journal.Ids("begin"));
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 6));
        await run.ReleaseAsync();
    }

    [Fact]
    public async Task One_delivery_given_twice_is_taken_once()
    {
        var source = Source();
        source.Add();
        var run = new ReceivingRun(source);
        await using var writer = Writer(batchSize: 100);
        var login = Assert.Single(await ReceiveAllAsync(run));
        Assert.True(await writer.AddAsync(login, Limit));
        Assert.False(await writer.AddAsync(login, Limit));
        await writer.CompleteAsync(Limit);
        Assert.False(await AddToAnotherAsync(login));
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Written, 1));
        await run.ReleaseAsync();
    }

    [Fact]
    public async Task Source_that_fails_to_delete_fails_the_run_and_keeps_the_rows()
    {
        var source = Source();
        source.AddMany(4);
        source.OnDelete = _ => throw new InvalidOperationException("cAnArY");
        var receipt = await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 4 }, null, Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Written, 4));
        Assert.Equal(4, receipt.Undeleted);
        Assert.Contains("Its rows are safe", receipt.Error, StringComparison.Ordinal);
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Listener_that_throws_fails_the_run_and_keeps_the_rows()
    {
        var source = Source();
        source.AddMany(10);
        var receipt = await EtlRun.RunAsync(
            source, Protectors, Sink, new BatchOptions { BatchSize = 10 }, _ => throw new InvalidOperationException("cAnArY"), Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Written, 10));
        Assert.DoesNotContain("cAnArY", receipt.Error, StringComparison.Ordinal);
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Sink_that_answers_too_few_outcomes_leaves_them_unknown()
    {
        var source = Source();
        source.AddMany(5);
        Sink.Outcomes = _ => [Outcome.Written];
        var receipt = await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 5 }, null, Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Unknown, 5));
        Assert.Empty(Journal.Ids("delete"));
    }

    [Fact]
    public async Task Lost_answer_leaves_unknown_only_what_was_in_the_transaction()
    {
        var source = Source();
        var bad = source.Add(group: new("g", "1"));
        var good = source.Add();
        var behind = source.Add(group: new("g", "2"));
        source.Add();
        Sink.Outcomes = batch => [.. batch.Select(l => ReferenceEquals(l.GetDelivery(), bad) ? Outcome.Returned : Outcome.Written)];
        Sink.Held = _ => [new HeldGroup(bad, "bad", 1)];
        Sink.InTransaction = (batch, _) => batch == 1 ? Task.FromException(Lost) : Task.CompletedTask;
        var receipt = await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 2 }, null, Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Written, 1), (Outcome.Unknown, 1), (Outcome.Returned, 2));
        Assert.Equal([bad.ToString(), behind.ToString()], Journal.Ids("return"));
        Assert.Equal([good.ToString()], Journal.Ids("deleted"));
        Assert.Equal(1, receipt.HeldGroups);
    }

    private async Task<bool> AddToAnotherAsync(ProtectedLogin login)
    {
        await using var another = Writer(batchSize: 100);
        return await another.AddAsync(login, Limit);
    }
}
