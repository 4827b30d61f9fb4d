using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class FaultRetryTests
{
    [Fact]
    public async Task Fault_that_lasts_is_told_with_its_place_and_until_when_it_is_waited_for()
    {
        var told = new List<string>();
        var retry = new FaultRetry(TimeSpan.FromSeconds(4), "db.example:5432", told.Add);
        var fault = new NpgsqlException("canary", new TimeoutException());
        await Assert.ThrowsAsync<LoginEtlException>(async () =>
        {
            while (true)
            {
                await retry.WaitAsync(fault, TestContext.Current.CancellationToken);
            }
        });
        // Once in ten seconds, and not at once.
        var said = Assert.Single(told);
        Assert.Contains("db.example:5432", said, StringComparison.Ordinal);
        Assert.Matches(@"lasts for [23] s, and is waited for until \d\d:\d\d:\d\d UTC; nothing is lost meanwhile\.$", said);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_long_as_it_takes_is_told_as_that_and_goes_on()
    {
        var told = new List<string>();
        var retry = new FaultRetry(Timeout.InfiniteTimeSpan, "db.example:5432", told.Add);
        var began = Environment.TickCount64;
        while (told.Count == 0 && Environment.TickCount64 - began < 10_000)
        {
            await retry.WaitAsync(new NpgsqlException("canary", new TimeoutException()), TestContext.Current.CancellationToken);
        }

        Assert.EndsWith("and is waited for as long as it takes; nothing is lost meanwhile.", Assert.Single(told), StringComparison.Ordinal);
    }
}
