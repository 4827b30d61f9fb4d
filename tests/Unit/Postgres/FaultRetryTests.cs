using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class FaultRetryTests
{
    private static readonly NpgsqlException Fault = new("canary", new TimeoutException());

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 30, 23, 59, 0, TimeSpan.Zero));
    private readonly List<string> _told = [];

    [Fact]
    public async Task Fault_that_lasts_is_told_every_ten_seconds_with_its_place_and_until_when_it_is_waited_for()
    {
        var retry = new FaultRetry(TimeSpan.FromMinutes(1), "db.example:5432", _told.Add, time: _clock);
        var began = _clock.GetUtcNow();
        await Assert.ThrowsAsync<LoginEtlException>(async () =>
        {
            while (true)
            {
                await PassAsync(retry, TestContext.Current.CancellationToken);
            }
        });
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1.2));
        // Not at once, and not where it is no longer waited for.
        Assert.InRange(_told.Count, 4, 6);
        Assert.All(_told, said =>
        {
            Assert.Contains("db.example:5432", said, StringComparison.Ordinal);
            Assert.Matches(@"lasts for \d+ s, and is waited for until 00:00:00 UTC; nothing is lost meanwhile\.$", said);
            Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task As_long_as_it_takes_is_told_as_that_and_goes_on()
    {
        var retry = new FaultRetry(Timeout.InfiniteTimeSpan, "db.example:5432", _told.Add, time: _clock);
        while (_clock.GetUtcNow().Hour != 1)
        {
            await PassAsync(retry, TestContext.Current.CancellationToken);
        }

        Assert.All(_told, said => Assert.EndsWith("and is waited for as long as it takes; nothing is lost meanwhile.", said, StringComparison.Ordinal));
        // An hour, with tries that are up to five seconds apart.
        Assert.InRange(_told.Count, 60 * 4, 61 * 6);
    }

    [Fact]
    public async Task Commit_in_doubt_is_cleared_up_for_a_minute_once_the_run_is_to_stop()
    {
        var retry = new FaultRetry(Timeout.InfiniteTimeSpan, "db.example:5432", time: _clock);
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        var began = _clock.GetUtcNow();
        var fault = await Assert.ThrowsAsync<LoginEtlException>(async () =>
        {
            while (true)
            {
                await PassAsync(retry, stopped.Token, commitInDoubt: true);
            }
        });
        Assert.True(fault.CommitUnknown);
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(66));
    }

    private async Task PassAsync(FaultRetry retry, CancellationToken stopping, bool commitInDoubt = false)
    {
        for (var waiting = retry.WaitAsync(Fault, stopping, commitInDoubt); ; _clock.Advance(TimeSpan.FromMilliseconds(100)))
        {
            if (waiting.IsCompleted)
            {
                await waiting;
                return;
            }
        }
    }
}
