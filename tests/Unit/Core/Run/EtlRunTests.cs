using LoginEtl.Faults;
using LoginEtl.Run;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class EtlRunTests : RunningTests
{
    private const string Oops = """{"foo": "oops_wrong_msg_type", "bar": "123"}""";

    [Fact]
    public async Task Everything_received_is_written_or_quarantined_and_deleted()
    {
        var source = Source();
        var good = source.AddMany(99);
        var bad = source.Add(body: Oops);
        var receipt = await RunAsync(source, batchSize: 30);

        AssertCounts(receipt, RunState.Completed, (Outcome.Written, 99), (Outcome.Quarantined, 1));
        Assert.Equal(2, receipt.ExitCode);
        Assert.Equal(good.Append(bad).Select(d => d.ToString()).Order(), Journal.Ids("deleted").Order());
        Assert.Empty(Journal.Ids("TWO TRANSACTIONS AT ONCE"));
        Assert.Equal([30, 30, 30, 10], Sink.Batches);
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Run_that_goes_on_tells_its_counts_and_what_is_in_hand()
    {
        var source = Source();
        source.AddMany(40);
        var told = new List<Receipt>();
        var enough = new TaskCompletionSource();
        Sink.InTransaction = (batch, token) => batch == 1 ? enough.Task.WaitAsync(token) : Task.CompletedTask;
        await EtlRun.RunAsync(source, Protectors, Sink, new BatchOptions { BatchSize = 20 }, null, Limit, new SoFar(
            receipt =>
            {
                lock (told)
                {
                    told.Add(receipt);
                }

                if (receipt.Written == 20)
                {
                    enough.TrySetResult();
                }
            },
            TimeSpan.FromMilliseconds(20)));
        Assert.Contains(told, r => r is { Received: 40, Written: 20 } && ReceiptText.SoFar(r).EndsWith(" s, 20 in hand.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Message_is_deleted_only_after_its_batch_has_committed()
    {
        var source = Source();
        var all = source.AddMany(500);
        Sink.InTransaction = async (_, token) => await Task.Delay(2, token);
        await RunAsync(source, batchSize: 20);
        Assert.All(all, d =>
        {
            Assert.InRange(Journal.IndexOf("commit", d.ToString()), 0, Journal.IndexOf("delete", d.ToString()) - 1);
            Assert.Equal(DeliveryState.Settled, d.State);
        });
    }

    [Fact]
    public async Task Failed_commit_deletes_nothing_and_returns_everything_that_is_not_written()
    {
        var source = Source();
        source.AddMany(100);
        Sink.InTransaction = (batch, _) => batch == 2 ? Task.FromException(Down) : Task.CompletedTask;
        var receipt = await RunAsync(source, batchSize: 20);

        AssertCounts(receipt, RunState.Failed, (Outcome.Written, 40), (Outcome.Returned, 60));
        Assert.Equal((75, "The database is down. Start it."), (receipt.ExitCode, receipt.Error));
        Assert.Equal(Journal.Ids("commit").Order(), Journal.Ids("deleted").Order());
        Assert.Equal(60, Journal.Ids("return").Distinct().Count());
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Commit_whose_answer_was_lost_is_unknown_and_nothing_of_it_is_deleted_or_returned()
    {
        var source = Source();
        source.AddMany(30);
        Sink.InTransaction = (batch, _) => batch == 1 ? Task.FromException(Lost) : Task.CompletedTask;
        var receipt = await RunAsync(source, batchSize: 10);

        AssertCounts(receipt, RunState.Failed, (Outcome.Written, 10), (Outcome.Unknown, 10), (Outcome.Returned, 10));
        var unknown = Journal.Ids("begin").Except(Journal.Ids("commit")).ToList();
        Assert.Equal(10, unknown.Count);
        Assert.Empty(unknown.Intersect(Journal.Ids("delete").Concat(Journal.Ids("return"))));
    }

    [Fact]
    public async Task Unforeseen_exception_ends_the_run_without_its_text()
    {
        var source = Source();
        source.AddMany(10);
        Sink.InTransaction = (_, _) => throw new InvalidOperationException("cAnArY");
        var receipt = await RunAsync(source, batchSize: 5);
        AssertCounts(receipt, RunState.Failed, (Outcome.Returned, 10));
        Assert.DoesNotContain("cAnArY", receipt.Error, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", receipt.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Queue_that_fails_returns_what_is_held(bool unforeseen)
    {
        var source = Source();
        source.AddMany(25);
        source.ReceiveFault = () => unforeseen
            ? new InvalidOperationException("cAnArY")
            : new LoginEtlException(new ErrorId(FaultKind.NotFound, "QueueGone"), "The queue is gone.", "Make it.");
        var receipt = await RunAsync(source, batchSize: 100);
        AssertCounts(receipt, RunState.Failed, (Outcome.Returned, 25));
        Assert.DoesNotContain("cAnArY", receipt.Error, StringComparison.Ordinal);
        Assert.Equal((1, true), (source.Disposed, source.RunEnd.Reason is not null));
    }

    [Fact]
    public async Task Failing_sink_ends_a_run_that_waits_for_messages()
    {
        var source = Source(waitForever: true);
        source.AddMany(3);
        Sink.InTransaction = (_, _) => Task.FromException(Down);
        var receipt = await EtlRun.RunAsync(
            source, Protectors, Sink, new BatchOptions { BatchSize = 1_000, FlushInterval = TimeSpan.FromMilliseconds(20) }, null, Limit);
        AssertCounts(receipt, RunState.Failed, (Outcome.Returned, 3));
        Assert.Same(Down, source.RunEnd.Failure);
    }

    [Fact]
    public async Task Run_that_is_stopped_writes_what_it_holds_and_says_so()
    {
        var source = Source(waitForever: true);
        source.AddMany(7);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var running = RunAsync(source, batchSize: 100, stop.Token);
        await UntilAsync(() => source.Book.Leased().Count(d => d.State == DeliveryState.Claimed) == 7);
        await stop.CancelAsync();

        var receipt = await running.WaitAsync(Limit);
        AssertCounts(receipt, RunState.Stopped, (Outcome.Written, 7));
        Assert.Equal(0, receipt.ExitCode);
    }

    [Fact]
    public async Task Stop_before_the_start_is_a_stop()
    {
        var source = Source(waitForever: true);
        var receipt = await RunAsync(source, batchSize: 100, new CancellationToken(canceled: true));
        AssertCounts(receipt, RunState.Stopped);
    }

    [Fact]
    public async Task Failed_deletes_are_shown_and_do_not_fail_the_run()
    {
        var source = Source();
        source.AddMany(10);
        source.OnDelete = settled =>
        {
            source.Book.CountUndeleted(2);
            return Task.CompletedTask;
        };
        var receipt = await RunAsync(source, batchSize: 5);
        AssertCounts(receipt, RunState.Completed, (Outcome.Written, 10));
        Assert.Equal((4, 0), (receipt.Undeleted, receipt.ExitCode));
    }

    [Fact]
    public async Task Duplicates_and_redeliveries_are_counted_apart()
    {
        var source = Source();
        var held = source.Add("m");
        source.Add("m");
        source.AddMany(3);
        Sink.Outcomes = batch => [.. batch.Select(l => l.MessageId == "m" ? Outcome.Duplicate : Outcome.Written)];
        var receipt = await RunAsync(source, batchSize: 10);
        AssertCounts(receipt, RunState.Completed, (Outcome.Written, 3), (Outcome.Duplicate, 1), (Outcome.Lapsed, 1));
        Assert.Equal(DeliveryState.Settled, held.State);
    }

    [Fact]
    public async Task Every_batch_is_told_of_after_its_deletes()
    {
        var source = Source();
        source.AddMany(25);
        var told = new List<BatchReport>();
        var receipt = await EtlRun.RunAsync(
            source, Protectors, Sink, new BatchOptions { BatchSize = 10 },
            batch =>
            {
                told.Add(batch);
                Assert.All(batch.Logins, l => Assert.NotEqual(-1, Journal.IndexOf("deleted", l.MessageId)));
            },
            Limit);
        Assert.Equal([10, 10, 5], told.Select(b => b.Logins.Count));
        Assert.Equal(25, told.Sum(b => b.Count(Outcome.Written)));
        Assert.Equal(RunState.Completed, receipt.Outcome);
    }

    [Fact]
    public async Task Settings_that_cannot_work_are_refused_before_the_source_is_taken()
    {
        var source = Source();
        foreach (var options in new[] { new BatchOptions { BatchSize = 0 }, new BatchOptions { FlushInterval = TimeSpan.FromSeconds(-1) } })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => EtlRun.RunAsync(source, Protectors, Sink, options, null, Limit));
        }

        Assert.Equal(0, source.Disposed);
    }

    private Task<Receipt> RunAsync(StubSource source, int batchSize, CancellationToken? stop = null) => EtlRun.RunAsync(
        source, Protectors, Sink, new BatchOptions { BatchSize = batchSize, FlushInterval = Timeout.InfiniteTimeSpan }, null, stop ?? Limit)
        .WaitAsync(Limit);
}
