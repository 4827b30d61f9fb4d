using LoginEtl.Faults;
using LoginEtl.Run;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

public sealed class RunEndTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RunEnd _end;

    public RunEndTests() => _end = new RunEnd(TimeSpan.FromMilliseconds(1300), _clock);

    [Fact]
    public async Task First_reason_stays_and_polls_get_their_grace()
    {
        Assert.Null(_end.Reason);

        _end.Set(EndReason.Drained);
        _end.Set(EndReason.Stopped);

        Assert.Equal(EndReason.Drained, _end.Reason);
        await Cancelled(_end.Stopping);
        _clock.Advance(TimeSpan.FromMilliseconds(1299));
        Assert.False(_end.Abort.IsCancellationRequested);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await Cancelled(_end.Abort);
    }

    [Fact]
    public void Failure_after_an_ordinary_end_is_told_and_the_first_stays()
    {
        _end.Set(EndReason.Stopped);
        var first = new LoginEtlException(new ErrorId(FaultKind.Failed, "First"), "It failed.", "Mend it.");

        _end.Fail(first);
        _end.Fail(new LoginEtlException(new ErrorId(FaultKind.Failed, "Second"), "It failed again.", "Mend it."));

        Assert.Equal(EndReason.Stopped, _end.Reason);
        Assert.Same(first, Assert.Throws<LoginEtlException>(_end.ThrowIfFailed));
    }

    [Fact]
    public async Task Time_that_is_up_ends_it()
    {
        var waiting = _end.SetAfterAsync(TimeSpan.FromDays(100));
        for (var day = 0; day < 99; day++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            Assert.Null(_end.Reason);
        }

        _clock.Advance(TimeSpan.FromDays(1));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(EndReason.MaxDuration, _end.Reason);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(50)]
    [InlineData(100_000)]
    public async Task Time_longer_than_a_timer_takes_is_waited_for(int days)
    {
        var waiting = _end.SetAfterAsync(TimeSpan.FromDays(days));
        Assert.False(waiting.IsCompleted);

        _end.Set(EndReason.Stopped);

        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(EndReason.Stopped, _end.Reason);
    }

    private static async Task Cancelled(CancellationToken token) =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(10), token));
}
