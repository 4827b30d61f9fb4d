using LoginEtl.Telemetry;
using LoginEtl.Worker.Health;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What counts as ready, and as stuck. The probes themselves are in <see cref="HealthPortTests"/>.</summary>
public sealed class RunHealthTests
{
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(5);
    private static readonly RunLook Idle = new(Holds: false, TimeSpan.Zero, IsEnding: false);

    private readonly FakeTimeProvider _clock = new();
    private readonly RunHealth _health;
    private bool _answers = true;
    private int _pings;

    public RunHealthTests() => _health = new RunHealth(StuckAfter, _clock);

    [Fact]
    public void Run_that_has_not_begun_is_not_ready_and_never_stuck()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["starting"], _health.NotReady(Idle));
        Assert.Null(_health.Stuck(Idle));
        Begin();
        Assert.Empty(_health.NotReady(Idle));
        Assert.Equal(["ending"], _health.NotReady(Idle with { IsEnding = true }));
    }

    [Fact]
    public void Fault_that_passes_at_once_takes_nobody_out_of_service_and_one_that_lasts_does()
    {
        Begin();
        Fail(RunMetrics.OfQueue, seconds: 1);
        Assert.Empty(_health.NotReady(Idle));
        _health.Called(well: true);
        Fail(RunMetrics.OfQueue, seconds: 1);
        Assert.Empty(_health.NotReady(Idle));
        Fail(RunMetrics.OfQueue, seconds: 1);
        Assert.Equal(["queue"], _health.NotReady(Idle));
        Fail(RunMetrics.OfDatabase, seconds: 3);
        Assert.Equal(["queue", "database"], _health.NotReady(Idle));
        _health.Committed();
        _health.Called(well: true);
        Assert.Empty(_health.NotReady(Idle));
    }

    [Fact]
    public async Task Database_is_asked_only_while_nothing_else_tells_of_it()
    {
        Begin();
        await LookAsync(Idle);
        Assert.Equal(0, _pings);
        _clock.Advance(TimeSpan.FromSeconds(6));
        await LookAsync(Idle with { Holds = true });
        await LookAsync(Idle with { IsEnding = true });
        Assert.Equal(0, _pings);
        _answers = false;
        await LookAsync(Idle);
        Assert.Equal(1, _pings);
        await LookAsync(Idle);
        Assert.Equal(1, _pings);
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["database"], _health.NotReady(Idle));
        _answers = true;
        await LookAsync(Idle);
        Assert.Equal(2, _pings);
        Assert.Empty(_health.NotReady(Idle));
    }

    [Fact]
    public void What_is_held_and_does_not_move_is_stuck_but_not_while_the_database_is_away()
    {
        Begin();
        var held = Idle with { Holds = true, Stalled = StuckAfter - TimeSpan.FromSeconds(1) };
        _clock.Advance(StuckAfter * 2);
        Assert.Null(_health.Stuck(held));
        Assert.Equal("Messages are held and not written, for 300 s.", _health.Stuck(held with { Stalled = StuckAfter }));
        // An outage is tried again and again for as long as it lasts.
        Fail(RunMetrics.OfDatabase, seconds: 60);
        Assert.Null(_health.Stuck(held with { Stalled = StuckAfter * 3 }));
        _clock.Advance(StuckAfter);
        Assert.Equal("Messages are held and not written, for 900 s.", _health.Stuck(held with { Stalled = StuckAfter * 3 }));
    }

    [Fact]
    public void Queue_that_is_no_longer_asked_is_stuck_but_not_while_there_is_no_room()
    {
        Begin();
        _clock.Advance(StuckAfter - TimeSpan.FromSeconds(1));
        Assert.Null(_health.Stuck(Idle));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("No call to the queue has ended, for 300 s.", _health.Stuck(Idle));
        Assert.Null(_health.Stuck(Idle with { Holds = true }));
        // Calls that fail are calls that end.
        _health.Called(well: false);
        Assert.Null(_health.Stuck(Idle));
    }

    private void Begin() => _health.Started(_ =>
    {
        _pings++;
        return _answers ? Task.CompletedTask : Task.FromException(new IOException());
    });

    private void Fail(string of, int seconds)
    {
        _health.Retried(of);
        _clock.Advance(TimeSpan.FromSeconds(seconds));
    }

    private async Task LookAsync(RunLook look)
    {
        var before = _pings;
        _health.Look(look);
        // The answer comes by another thread.
        for (var i = 0; i < 50 && (i < 5 || _pings == before); i++)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
