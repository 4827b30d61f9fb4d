using System.Diagnostics;
using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>How long a writer takes that is disposed of, beside no other test.</summary>
[Collection(RunsAlone.Name)]
public sealed class BatchWriterDisposalTimeTests : RunningTests
{
    [Fact]
    public async Task Commit_that_does_not_end_is_rolled_back_after_two_seconds()
    {
        var (source, run, writer) = Start(batchSize: 5, messages: 8);
        Sink.InTransaction = (_, token) => Task.Delay(Timeout.Infinite, token);
        await AddAllAsync(run, writer);
        await UntilAsync(() => source.Book.AnyCommitting);

        var clock = Stopwatch.StartNew();
        await writer.DisposeAsync();
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.8, 2.5);
        await run.ReleaseAsync();

        Assert.Empty(Journal.Ids("delete"));
        Assert.Null(writer.Fault);
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 8));
    }

    [Fact]
    public async Task What_is_only_buffered_is_not_written_and_goes_back()
    {
        var (source, run, writer) = Start(batchSize: 100, messages: 8);
        await AddAllAsync(run, writer);
        await writer.AddAsync(Line(1), Limit);
        var clock = Stopwatch.StartNew();
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 1.5);
        Assert.Equal(0, source.Disposed);
        Assert.Equal(9, writer.Receipt().Returned);
        Assert.True(writer.Receipt().Balanced);

        await run.ReleaseAsync();
        Assert.Empty(Journal.Ids("begin"));
        AssertCounts(run.Receipt(), RunState.Completed, (Outcome.Returned, 8));
        Assert.Equal(1, source.Disposed);
    }
}
