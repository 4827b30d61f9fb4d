using LoginEtl.Aws.Queues;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Awkward turns of the whole job, on both real servers: nothing lost, nothing twice, and the books balance.</summary>
public sealed class AwkwardRunTests(ServersFixture servers) : IDisposable
{
    private readonly WholeRun _run = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Message_written_and_not_deleted_is_a_duplicate_in_the_dead_letter_queue()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var (queue, letters) = await WithDeadLettersAsync(maxReceiveCount: 1);
        await WholeRun.SendAsync(queue, 3);
        await using var lossy = WholeRun.NoDeletes(servers);
        var first = await _run.RunAsync(queue, database, server: lossy, timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) });
        Assert.Equal((3, 3), (first.Written, first.Undeleted));
        await queue.MakeVisibleAsync(_run.Batches.SelectMany(b => b.Logins));
        await MovedAsync(queue, letters, 3);

        var second = await _run.RunAsync(letters, database);

        // A standard queue's dead letters keep id and time of sending.
        Assert.Equal((0, 3), (second.Written, second.Duplicate));
        Assert.Equal(3, await database.CountAsync());
        Assert.Equal((0, 0), await letters.CountsAsync());
    }

    [Fact]
    public async Task Dead_letters_that_were_never_written_are_written_once_from_there_and_bodies_sent_again_as_a_redrive_does_are_new_messages()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var (queue, letters) = await WithDeadLettersAsync(maxReceiveCount: 1);
        await WholeRun.SendAsync(queue, 3);
        await queue.TakeAsync(10, visibilityTimeout: 0);
        await MovedAsync(queue, letters, 3);
        Assert.Equal(3, (await _run.RunAsync(letters, database)).Written);

        // Simulated: what a redrive does is send the bodies again, under new ids. The limit of G2.
        await WholeRun.SendAsync(queue, 3);
        Assert.Equal((3, 0), ((await _run.RunAsync(queue, database)) is var again ? again.Written : 0, again.Duplicate));
        Assert.Equal(6, await database.CountAsync());
    }

    [Fact]
    public async Task Two_receipts_of_one_id_in_a_batch_make_one_row_and_both_deliveries_are_deleted()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await WholeRun.SendAsync(queue, 1);
        await using var sink = await database.SinkAsync();
        var runs = await _run.TwoReceiptsAsync(queue, sink);
        Assert.Equal([(1L, 0L), (0L, 1L)], runs.Select(r => (r.Receipt().Written, r.Receipt().Duplicate)));
        Assert.All(runs, r => Assert.True(r.Receipt().Balanced));
        Assert.Equal(1, await database.CountAsync());
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Lease_that_reaches_its_end_lapses_and_the_receipt_balances()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        await WholeRun.SendAsync(queue, 1);
        await using var sink = await database.SinkAsync();
        var slow = new SlowSink(sink);
        var received = 0;
        using var stop = new CancellationTokenSource();
        var forEver = new ReceiveOptions { WaitForever = true };
        await using var server = new FaultyServer(servers)
        {
            OnReceive = async call =>
            {
                var answer = await call.PassOnAsync();
                // The message in hand has come again, and is about to be taken in.
                if (answer.Json.Messages().Any() && Interlocked.Increment(ref received) == 2)
                {
                    slow.GoOnSoon();
                    stop.CancelAfter(TimeSpan.FromSeconds(2));
                }

                return answer;
            },
        };
        var running = _run.RunAsync(queue, slow, receive: forEver, timings: new SqsTimings { HoldAtMost = TimeSpan.FromSeconds(1) }, server: server, stop: stop);

        var receipt = await running.WaitAsync(TimeSpan.FromSeconds(60), Cancelled);

        Assert.Equal((1, 1), (receipt.Written, await database.CountAsync()));
        Assert.InRange(receipt.Lapsed, 1, 3);
        Assert.Equal(receipt.Received, receipt.Written + receipt.Lapsed + receipt.Duplicate);
        Assert.True(receipt.Balanced);
    }

    [Fact]
    public async Task Rows_stand_after_an_immediate_crash_although_the_role_commits_asynchronously()
    {
        // An asynchronous commit waits ten seconds for its turn to be flushed; nothing else flushes meanwhile.
        await using var server = await PostgresServer.StartAsync(
            TestPostgres.Options with { Settings = new Dictionary<string, string> { ["wal_writer_delay"] = "10000", ["wal_writer_flush_after"] = "1GB", ["autovacuum"] = "off" } }, Cancelled);
        var settings = new DatabaseSettings { Database = new SecretText(server.ConnectionString) };
        await new PostgresConnector().InitializeAsync(settings, new SchemaOptions(), Cancelled);
        await RunAsync(
            server.ConnectionString,
            "CREATE ROLE hasty LOGIN PASSWORD 'pw'; ALTER ROLE hasty SET synchronous_commit = off; GRANT ALL ON ALL TABLES IN SCHEMA public TO hasty");
        var hasty = settings with { UserName = "hasty", Password = new SecretText("pw") };
        await CrashAsync();
        await using var sink = await new PostgresConnector().WriteToAsync(hasty, new SinkOptions(), Cancelled);
        for (var batch = 1; batch <= 3; batch++)
        {
            await sink.WriteAsync(Logins.Records(50), Cancelled);
            await CrashAsync();
            Assert.Equal(50L * batch, await WholeRun.RowsAsync(server));

            // The control: a plain session of that role, whose commit has its answer, loses it.
            await RunAsync(
                new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "hasty", Password = "pw" }.ConnectionString,
                "INSERT INTO user_logins (user_id) VALUES ('hasty')");
            await CrashAsync();
            Assert.Equal(50L * batch, await WholeRun.RowsAsync(server));
        }

        // The ten seconds begin with the start.
        async Task CrashAsync()
        {
            await server.KillAsync(Cancelled);
            await server.StartAsync(Cancelled);
        }
    }

    [Theory]
    [InlineData("redelivered restored redelivered")]
    [InlineData("restored redelivered restored")]
    [InlineData("redelivered redelivered restored restored")]
    [InlineData("both")]
    public async Task Quarantined_message_becomes_one_row_in_whatever_order_it_comes_again_and_is_restored(string order)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id <> 'bad')");
        ProtectedLogin[] batch = [Logins.Record(user: "bad"), Logins.Record(user: "good")];
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Quarantined, Outcome.Written], (await sink.WriteAsync(batch, Cancelled)).Outcomes);
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        var restored = false;
        foreach (var step in order.Split(' '))
        {
            if (step == "both")
            {
                await Task.WhenAll(Enumerable.Range(0, 5).SelectMany(_ => new[] { Task.Run(RestoreAsync, Cancelled), Task.Run(() => RedeliverAsync(null), Cancelled) }));
            }
            else
            {
                await (step == "restored" ? RestoreAsync() : RedeliverAsync(restored));
                restored |= step == "restored";
            }
        }

        Assert.Equal(2, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE restored_at IS NOT NULL"));
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 3"));

        async Task RedeliverAsync(bool? afterRestore)
        {
            await using var other = await database.SinkAsync();
            var outcomes = (await other.WriteAsync(batch, Cancelled)).Outcomes;
            Assert.Equal(Outcome.Duplicate, outcomes[1]);
            Assert.Contains(outcomes[0], afterRestore switch { true => [Outcome.Duplicate], false => [Outcome.Quarantined], _ => new[] { Outcome.Duplicate, Outcome.Quarantined } });
        }

        async Task RestoreAsync()
        {
            using var keys = new Fixtures.TestKeys();
            using var protector = keys.Protector();
            using var replay = new LoginEtl.Quarantine.QuarantineReplay(protector, null);
            await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), Cancelled);
            var requests = new List<LoginEtl.Quarantine.RestoreRequest>();
            await foreach (var entry in quarantine.ListAsync(new LoginEtl.Quarantine.QuarantineFilter(), Cancelled))
            {
                Assert.True(replay.TryReplay(entry, out var record, out _));
                requests.Add(new LoginEtl.Quarantine.RestoreRequest(entry, record!));
            }

            await quarantine.RestoreAsync(requests, Cancelled);
        }
    }

    private async Task<(TestQueue Queue, TestQueue Letters)> WithDeadLettersAsync(int maxReceiveCount)
    {
        var letters = await TestQueue.CreateAsync(servers, servers.NewQueueName(), []);
        return (await TestQueue.CreateAsync(servers, servers.NewQueueName(), letters.AsDeadLetters(maxReceiveCount)), letters);
    }

    private static async Task MovedAsync(TestQueue queue, TestQueue letters, int messages)
    {
        for (var tries = 0; await letters.CountsAsync() != (messages, 0); tries++)
        {
            Assert.InRange(tries, 0, 50);
            await queue.TakeAsync(10, visibilityTimeout: 0);
        }
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    /// <summary>The real sink, once the test lets it.</summary>
    private sealed class SlowSink(IRecordSink inner) : IRecordSink
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => inner.Name;

        public void GoOnSoon() => _ = Task.Delay(TimeSpan.FromSeconds(1)).ContinueWith(_ => _goOn.TrySetResult(), TaskScheduler.Default);

        public Task<IReadOnlyList<StoredKey>> KeysAsync(CancellationToken cancellationToken) => inner.KeysAsync(cancellationToken);

        public Task RequireKeysAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellationToken) => inner.RequireKeysAsync(keys, cancellationToken);

        public async Task<BatchResult> WriteAsync(IReadOnlyList<ProtectedLogin> batch, CancellationToken cancellationToken)
        {
            await _goOn.Task.WaitAsync(cancellationToken);
            return await inner.WriteAsync(batch, cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
