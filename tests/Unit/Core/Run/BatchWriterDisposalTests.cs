using LoginEtl.Run;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class BatchWriterDisposalTests : RunningTests
{
    [Fact]
    public async Task Commit_under_way_ends_and_deletes_while_the_writer_is_disposed()
    {
        var (source, run, writer) = Start(batchSize: 5, messages: 8);
        var commit = new TaskCompletionSource();
        Sink.InTransaction = (_, token) => commit.Task.WaitAsync(token);
        await AddAllAsync(run, writer);
        await UntilAsync(() => source.Book.AnyCommitting);

        var disposing = writer.DisposeAsync().AsTask();
        await Task.Delay(100, Limit);
        Assert.False(disposing.IsCompleted);
        commit.SetResult();
        await disposing.WaitAsync(Limit);
        await run.ReleaseAsync();

        Assert.Equal(5, Journal.Ids("deleted").Count);
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Written, 5), (Outcome.Returned, 3));
        Assert.Equal(1, source.Disposed);
    }

    [Fact]
    public async Task Disposed_writer_takes_nothing_and_holds_no_run()
    {
        var (source, run, writer) = Start(batchSize: 100, messages: 1);
        await writer.DisposeAsync();
        var login = Assert.Single(await ReceiveAllAsync(run));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.AddAsync(login, Limit));
        await run.ReleaseAsync();
        Assert.Equal(1, source.Disposed);
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 1));
    }

    [Fact]
    public async Task Disposed_writer_refuses_lines_of_text_as_it_does_messages()
    {
        var writer = Writer(batchSize: 100);
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.AddAsync(Line(1), Limit));
        Assert.Equal((1, 1), (writer.Receipt().Received, writer.Receipt().Returned));
    }

    [Fact]
    public async Task Disposing_while_others_add_leaves_no_run_held_and_no_delivery_open()
    {
        for (var round = 0; round < 200; round++)
        {
            var (source, run, writer) = Start(batchSize: 3, messages: 40, TimeSpan.FromMilliseconds(1));
            var logins = await ReceiveAllAsync(run);
            var adding = Task.Run(async () =>
            {
                foreach (var login in logins)
                {
                    await writer.AddAsync(login, Limit);
                }
            }, Limit);
            Thread.SpinWait(round * 200);
            await writer.DisposeAsync();
            await Task.WhenAny(adding, Task.Delay(Timeout.Infinite, Limit));
            await run.ReleaseAsync();

            if (!adding.IsCompletedSuccessfully)
            {
                Assert.IsType<ObjectDisposedException>(adding.Exception!.InnerException);
            }

            Assert.Equal((1, 0), (source.Disposed, source.Book.Open));
            Assert.True(run.Receipt().Balanced);
        }
    }

    [Fact]
    public async Task Commit_that_does_not_end_is_rolled_back_after_two_seconds()
    {
        var clock = new FakeTimeProvider();
        var (source, run, writer) = Start(batchSize: 5, messages: 8, time: clock);
        Sink.InTransaction = (_, token) => Task.Delay(Timeout.Infinite, token);
        await AddAllAsync(run, writer);
        await UntilAsync(() => source.Book.AnyCommitting);

        var disposal = writer.DisposeAsync().AsTask();
        clock.Advance(TimeSpan.FromSeconds(1.9));
        await Task.Delay(20, Limit);
        Assert.False(disposal.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await disposal.WaitAsync(Limit);
        await run.ReleaseAsync();

        Assert.Empty(Journal.Ids("delete"));
        Assert.Null(writer.Fault);
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 8));
    }

    [Fact]
    public async Task What_is_only_buffered_is_not_written_and_goes_back()
    {
        // Its time stands still: nothing of it is waited for.
        var (source, run, writer) = Start(batchSize: 100, messages: 8, time: new FakeTimeProvider());
        await AddAllAsync(run, writer);
        await writer.AddAsync(Line(1), Limit);
        await writer.DisposeAsync().AsTask().WaitAsync(Limit);
        await writer.DisposeAsync();
        Assert.Equal(0, source.Disposed);
        Assert.Equal(9, writer.Receipt().Returned);
        Assert.True(writer.Receipt().Balanced);

        await run.ReleaseAsync();
        Assert.Empty(Journal.Ids("begin"));
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 8));
        Assert.Equal(1, source.Disposed);
    }
}
