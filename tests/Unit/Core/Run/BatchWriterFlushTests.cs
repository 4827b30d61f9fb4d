using LoginEtl.Run;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class BatchWriterFlushTests : RunningTests
{
    [Fact]
    public async Task Full_batch_is_written_at_once()
    {
        await using var writer = Writer(batchSize: 5);
        for (var i = 1; i <= 12; i++)
        {
            Assert.True(await writer.AddAsync(Line(i), Limit));
        }

        await UntilAsync(() => Sink.Batches.Count == 2);
        Assert.Equal([5, 5], Sink.Batches);
        await writer.CompleteAsync(Limit);
        Assert.Equal([5, 5, 2], Sink.Batches);
        AssertCounts(writer.Receipt(), RunState.Completed, (Outcome.Written, 12));
    }

    [Fact]
    public async Task Batch_that_does_not_fill_is_written_when_its_first_login_has_waited_long_enough()
    {
        var clock = new FakeTimeProvider();
        await using var writer = Writer(batchSize: 1_000, TimeSpan.FromSeconds(10), clock);
        for (var batch = 1; batch <= 3; batch++)
        {
            await writer.AddAsync(Line(batch), Limit);
            clock.Advance(TimeSpan.FromSeconds(6));
            await writer.AddAsync(Line(100 + batch), Limit);
            clock.Advance(TimeSpan.FromSeconds(3.9));
            await Task.Delay(20, Limit);
            Assert.Equal(batch - 1, Sink.Batches.Count);
            // The writer may have begun to wait while the time passed.
            await UntilAsync(() =>
            {
                clock.Advance(TimeSpan.FromSeconds(0.1));
                return Sink.Batches.Count == batch;
            }, "the batch is written");
        }

        Assert.Equal([2, 2, 2], Sink.Batches);
    }

    [Fact]
    public async Task Interval_of_zero_writes_at_once()
    {
        await using var writer = Writer(batchSize: 1_000, TimeSpan.Zero);
        await writer.AddAsync(Line(1), Limit);
        await UntilAsync(() => Sink.Batches.Count == 1);
        await writer.AddAsync(Line(2), Limit);
        await UntilAsync(() => Sink.Batches.Count == 2);
    }

    [Fact]
    public async Task Longest_of_intervals_is_no_error()
    {
        await using var writer = Writer(batchSize: 10, TimeSpan.MaxValue);
        await writer.AddAsync(Line(1), Limit);
        await writer.CompleteAsync(Limit);
        Assert.Equal([1], Sink.Batches);
    }

    [Fact]
    public async Task Flushing_and_filling_at_the_same_moment_loses_nothing_and_never_ends_the_writing()
    {
        // Batches fill in about the time in which they are flushed.
        for (var round = 0; round < 150; round++)
        {
            Sink.Batches.Clear();
            await using var writer = Writer(batchSize: 3, TimeSpan.FromMilliseconds(1));
            for (var i = 1; i <= 90; i++)
            {
                Assert.True(await writer.AddAsync(Line(i), Limit));
                if (i % 7 == round % 7)
                {
                    Thread.SpinWait(20_000);
                }
            }

            await writer.CompleteAsync(Limit);
            Assert.Equal(90, Sink.Batches.Sum());
            AssertCounts(writer.Receipt(), RunState.Completed, (Outcome.Written, 90));
        }
    }

    [Fact]
    public async Task Several_may_add_at_once()
    {
        await using var writer = Writer(batchSize: 10, TimeSpan.FromMilliseconds(1));
        var lines = Enumerable.Range(1, 5_000).Select(Line).ToList();
        await Parallel.ForEachAsync(lines, Limit, async (line, token) => Assert.True(await writer.AddAsync(line, token)));
        await writer.CompleteAsync(Limit);
        AssertCounts(writer.Receipt(), RunState.Completed, (Outcome.Written, 5_000));
        Assert.InRange(Sink.Batches.Max(), 1, 10);
    }

    [Fact]
    public async Task Adding_waits_while_the_database_is_slow_so_that_memory_is_bounded()
    {
        var slow = new TaskCompletionSource();
        Sink.InTransaction = (_, token) => slow.Task.WaitAsync(token);
        await using var writer = Writer(batchSize: 2);
        var added = 0;
        var adding = Task.Run(async () =>
        {
            for (var i = 1; i <= 20; i++)
            {
                await writer.AddAsync(Line(i), Limit);
                Interlocked.Increment(ref added);
            }
        }, Limit);
        // One batch in the transaction, one waiting, one just filled.
        await UntilAsync(() => Volatile.Read(ref added) == 6);
        await Task.Delay(50, Limit);
        Assert.Equal(6, Volatile.Read(ref added));

        slow.SetResult();
        await adding;
        await writer.CompleteAsync(Limit);
        Assert.Equal(20, Sink.Batches.Sum());
    }

    [Fact]
    public async Task Wait_that_is_cancelled_has_taken_nothing()
    {
        var source = Source();
        source.AddMany(10);
        var run = new ReceivingRun(source);
        var slow = new TaskCompletionSource();
        Sink.InTransaction = (_, token) => slow.Task.WaitAsync(token);
        await using var writer = Writer(batchSize: 1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var logins = await ReceiveAllAsync(run);
        var added = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            foreach (var login in logins)
            {
                var adding = writer.AddAsync(login, cancel.Token);
                if (added == 3)
                {
                    // One in the transaction, one that waits, one just filled.
                    Assert.False(adding.IsCompleted);
                    await cancel.CancelAsync();
                }

                await adding;
                added++;
            }
        });

        Assert.Equal(3, added);
        Assert.Equal(10 - added, source.Book.Leased().Count(d => d.State == DeliveryState.Held));
        slow.SetResult();
        await writer.CompleteAsync(Limit);
        await run.ReturnUnsettledAsync(evenClaimed: false, Limit);
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Written, added), (Outcome.Returned, 10 - added));
        await run.ReleaseAsync();
    }

    [Fact]
    public async Task Completing_twice_or_empty_is_harmless_and_adding_afterwards_is_not()
    {
        await using var writer = Writer(batchSize: 5);
        await writer.CompleteAsync(Limit);
        await writer.CompleteAsync(Limit);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.AddAsync(Line(1), Limit));
        AssertCounts(writer.Receipt(), RunState.Completed, (Outcome.Returned, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Batch_holds_one_login_at_least(int size) => Assert.Throws<ArgumentOutOfRangeException>(() => Writer(size));

    [Fact]
    public async Task Delivery_that_no_run_received_is_refused()
    {
        await using var writer = Writer(batchSize: 5);
        var stray = Protector.Protect(Deliveries.Decode(Deliveries.Body));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.AddAsync(stray, Limit));
        await writer.CompleteAsync(Limit);
        Assert.Null(writer.Fault);
    }
}
