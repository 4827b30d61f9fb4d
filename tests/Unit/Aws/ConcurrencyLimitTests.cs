using LoginEtl.Aws.Calls;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>As many calls at a time as bring more: by arithmetic, and in a run.</summary>
public sealed class ConcurrencyLimitTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(double.PositiveInfinity, 64, 64)]
    [InlineData(40, 40, 50)]
    [InlineData(16, 16, 24)]
    [InlineData(1, 4, 10)]
    public async Task Limit_follows_what_the_server_works_on_at_a_time(double serverWorksOn, int least, int most)
    {
        var limit = new ConcurrencyLimit(4, 64);
        for (var round = 0; round < 300; round++)
        {
            await RoundAsync(limit, n => 10 * Math.Max(1, n / serverWorksOn));
        }

        Assert.InRange(limit.Value, least, most);
    }

    [Fact]
    public async Task Slower_server_is_called_by_fewer_and_a_faster_one_by_more()
    {
        var limit = new ConcurrencyLimit(4, 64);
        async Task RunAsync(double serverWorksOn)
        {
            for (var round = 0; round < 100; round++)
            {
                await RoundAsync(limit, n => 10 * Math.Max(1, n / serverWorksOn));
            }
        }

        await RunAsync(60);
        Assert.InRange(limit.Value, 60, 64);
        await RunAsync(8);
        Assert.InRange(limit.Value, 8, 16);
        await RunAsync(60);
        Assert.InRange(limit.Value, 60, 64);
    }

    [Fact]
    public async Task Limit_that_is_not_made_use_of_does_not_grow()
    {
        var limit = new ConcurrencyLimit(8, 64);
        for (var call = 0; call < 100; call++)
        {
            await limit.EnterAsync(Cancelled);
            limit.Completed(TimeSpan.FromMilliseconds(10));
            limit.Leave();
        }

        Assert.Equal(8, limit.Value);
    }

    [Fact]
    public async Task What_has_little_to_do_takes_the_limit_to_its_least_and_no_further()
    {
        var limit = new ConcurrencyLimit(4, 64);
        for (var round = 0; round < 20; round++)
        {
            await RoundAsync(limit, _ => 10);
        }

        for (var call = 0; call < 100; call++)
        {
            limit.Spare();
        }

        Assert.Equal(4, limit.Value);
        await EnterAsync(limit, 4);
        using var soon = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => limit.EnterAsync(soon.Token));
        limit.Leave();
        await limit.EnterAsync(Cancelled);
    }

    [Fact]
    public async Task Failures_halve_it()
    {
        var limit = new ConcurrencyLimit(4, 64);
        for (var round = 0; round < 20; round++)
        {
            await RoundAsync(limit, _ => 10);
        }

        var seen = new List<int>();
        for (var failure = 0; failure < 6; failure++)
        {
            seen.Add(limit.Value);
            limit.Failed();
        }

        Assert.Equal([64, 32, 16, 8, 4, 4], seen);
    }

    [Fact]
    public async Task Slow_calls_are_made_by_many_and_an_empty_queue_is_polled_by_as_few_as_ever()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(3000);
        var (polls, deletes) = (new Gauge(), new Gauge());
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call => polls.MeasureAsync(call.PassOnAsync),
            OnDelete = call => deletes.MeasureAsync(call.PassOnAsync),
        };
        await using var source = await queue.ReceiveAsync(new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(3) }, server: server);

        Assert.Equal(3000, (await TestQueue.ReceiveAllAsync(source, settle: true)).Count);
        Assert.InRange(polls.Most, 12, ReceiveOptions.MostReceivers);
        Assert.InRange(deletes.Most, 9, ReceiveOptions.MostReceivers);
        Assert.InRange(polls.Last, 1, 6);
    }

    private static async Task RoundAsync(ConcurrencyLimit limit, Func<int, double> milliseconds)
    {
        var now = limit.Value;
        await EnterAsync(limit, now);
        for (var call = 0; call < now; call++)
        {
            limit.Completed(TimeSpan.FromMilliseconds(milliseconds(now)));
        }

        for (var call = 0; call < now; call++)
        {
            limit.Leave();
        }
    }

    private static async Task EnterAsync(ConcurrencyLimit limit, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            await limit.EnterAsync(Cancelled);
        }
    }

    /// <summary>How many calls are under way, each slowed down.</summary>
    private sealed class Gauge
    {
        private readonly Lock _lock = new();
        private int _now;

        public int Most { get; private set; }

        /// <summary>How many there were when the last one began.</summary>
        public int Last { get; private set; }

        public async Task<T> MeasureAsync<T>(Func<Task<T>> call)
        {
            lock (_lock)
            {
                Last = ++_now;
                Most = Math.Max(Most, _now);
            }

            try
            {
                await Task.Delay(60, Cancelled);
                return await call();
            }
            finally
            {
                lock (_lock) { _now--; }
            }
        }
    }
}
