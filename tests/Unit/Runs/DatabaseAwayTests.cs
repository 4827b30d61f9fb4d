using LoginEtl.Aws;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>The database goes away under a run that holds messages.</summary>
public sealed class DatabaseAwayTests(ServersFixture servers) : IDisposable
{
    private readonly WholeRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public Task Database_that_is_down_while_messages_are_held_loses_nothing_and_nothing_comes_twice() =>
        HoldWhileDownAsync(visibilityTimeout: 2, TimeSpan.FromSeconds(6));

    [LongRun]
    public Task Database_that_is_down_for_minutes_while_messages_are_held_loses_nothing_and_nothing_comes_twice() =>
        HoldWhileDownAsync(visibilityTimeout: 30, TimeSpan.FromMinutes(3));

    [Fact]
    public async Task Run_that_is_stopped_while_its_database_is_away_ends_soon_and_leaves_all_in_the_queue()
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options, Cancelled);
        var settings = new DatabaseSettings { Database = new SecretText(server.ConnectionString) };
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), Cancelled);
        var queue = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(queue, 60);
        await using var sink = await new PostgresConnector().WriteToAsync(settings, new SinkOptions { RetryFor = Timeout.InfiniteTimeSpan }, Cancelled);
        await server.KillAsync(Cancelled);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var began = Environment.TickCount64;

        var receipt = await _run.RunAsync(queue, sink, new BatchOptions { BatchSize = 10 }, new ReceiveOptions { WaitForever = true }, stop: stop);

        Assert.InRange(Environment.TickCount64 - began, 3_000, 18_000);
        Assert.Equal((RunState.Stopped, 0L, 60L, 0L, 0), (receipt.Outcome, receipt.Written, receipt.Received, receipt.Unknown, receipt.ExitCode));
        Assert.Equal(60, receipt.Returned + receipt.Lapsed);
        Assert.True(receipt.Balanced);
        Assert.Equal((60, 0), await queue.CountsAsync());
    }

    [Theory]
    [InlineData("database")]
    [InlineData("queue")]
    public async Task What_is_away_when_a_run_begins_is_told_of_and_waited_for_by_whom_that_is_asked(string what)
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options, Cancelled);
        var settings = new DatabaseSettings { Database = new SecretText(server.ConnectionString) };
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), Cancelled);
        var queue = await TestQueue.CreateAsync(servers);
        await WholeRun.SendAsync(queue, 60);
        var isAway = true;
        await using var proxy = new SqsProxy(servers.SqsEndpoint, async call =>
        {
            // What is not answered is cut.
            if (what != "queue" || !Volatile.Read(ref isAway))
            {
                await call.AnswerAsync(await call.PassOnAsync());
            }
        });
        if (what == "database")
        {
            await server.KillAsync(Cancelled);
        }

        using var keys = new TestKeys();
        using var protectors = keys.Protectors();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var unasked = Job(TimeSpan.FromMinutes(1));
        Assert.Equal(FaultKind.Unreachable, (await Assert.ThrowsAsync<LoginEtlException>(() => unasked.RunAsync(protectors, null, Cancelled).WaitAsync(TimeSpan.FromSeconds(20), Cancelled))).Kind);
        using (var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Job(Timeout.InfiniteTimeSpan).RunAsync(protectors, null, stop.Token).WaitAsync(TimeSpan.FromSeconds(20), Cancelled));
        }

        var running = Job(Timeout.InfiniteTimeSpan).RunAsync(protectors, null, Cancelled);
        var said = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Contains("and is waited for as long as it takes", said, StringComparison.Ordinal);
        Assert.False(running.IsCompleted);
        Volatile.Write(ref isAway, false);
        if (what == "database")
        {
            await server.StartAsync(Cancelled);
        }

        var receipt = await running.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
        Assert.Equal((60, 60, 0), (receipt.Received, receipt.Written, receipt.ExitCode));

        EtlJob Job(TimeSpan retryFor) => new(new SqsConnector(), new PostgresConnector())
        {
            From = queue.Settings with { EndpointUrl = proxy.EndpointUrl },
            Receive = new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200), RetryFor = retryFor, Waiting = text => told.TrySetResult(text) },
            Into = settings,
            Sink = new SinkOptions { RetryFor = retryFor },
            Batch = new BatchOptions(),
        };
    }

    private async Task HoldWhileDownAsync(int visibilityTimeout, TimeSpan down)
    {
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options, Cancelled);
        var settings = new DatabaseSettings { Database = new SecretText(server.ConnectionString) };
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), Cancelled);
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout);
        await WholeRun.SendAsync(queue, 60);
        await using var sink = await new PostgresConnector().WriteToAsync(settings, new SinkOptions { RetryFor = down + TimeSpan.FromMinutes(1) }, Cancelled);
        await server.KillAsync(Cancelled);
        var running = _run.RunAsync(queue, sink, new BatchOptions { BatchSize = 10 }, new ReceiveOptions { MaxHeld = 40 });
        await Task.Delay(down, Cancelled);
        // Several leases long: what is held is held, and no more than may be was taken.
        Assert.Equal((20, 40), await queue.CountsAsync());
        await server.StartAsync(Cancelled);

        var receipt = await running;

        Assert.Equal((60, 60, 0), (receipt.Received, receipt.Written, receipt.Lapsed));
        Assert.True(receipt.Balanced);
        Assert.Equal(60L, await WholeRun.RowsAsync(server));
        Assert.Equal((0, 0), await queue.CountsAsync());
    }
}
