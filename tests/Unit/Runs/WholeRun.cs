using LoginEtl.Aws;
using LoginEtl.Aws.Queues;
using LoginEtl.Protecting;
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

/// <summary>The whole job on both real servers: a queue and a database of its own.</summary>
internal sealed class WholeRun : IDisposable
{
    /// <summary>A table that counts places in the order of its writing, and refuses users whose names begin with "bad".</summary>
    public const string FifoTable =
        LoginTable.Create + "ALTER TABLE user_logins ADD place bigserial, ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%');";

    private readonly WholeRun? _host;
    private readonly TestKeys _keys;

    public WholeRun() => _keys = new TestKeys();

    /// <summary>One more run of the same keys.</summary>
    public WholeRun(WholeRun host) => (_host, _keys) = (host, host._keys);

    public TestKeys Keys => _keys;

    public List<BatchReport> Batches { get; } = [];

    /// <summary>Groups that were held in the batches so far, while the run goes on.</summary>
    public int HeldGroups
    {
        get
        {
            lock (Batches)
            {
                return Batches.Sum(b => b.Held.Count);
            }
        }
    }

    public static string Body(string user, string version = "1.0") =>
        $$"""{"user_id":"{{user}}","app_version":"{{version}}","device_type":"android","ip":"199.172.111.135","locale":"RU","device_id":"593-47-5928"}""";

    /// <summary>Sends so many logins, of users u0, u1 and so on.</summary>
    public static async Task SendAsync(TestQueue queue, int messages)
    {
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token);
        await sender.SendAsync([.. Enumerable.Range(0, messages).Select(i => Body($"u{i}"))], TestDatabase.Token);
    }

    /// <summary>Rows of the table of a server that a test has for itself.</summary>
    public static async Task<long> RowsAsync(PostgresServer server)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var count = source.CreateCommand("SELECT count(*) FROM user_logins");
        return (long)(await count.ExecuteScalarAsync(TestDatabase.Token))!;
    }

    public void Dispose()
    {
        if (_host is null)
        {
            _keys.Dispose();
        }
    }

    public Task<Receipt> RunAsync(
        TestQueue queue, TestDatabase database, SinkOptions? sink = null, BatchOptions? batches = null, ReceiveOptions? receive = null,
        SqsTimings? timings = null, FaultyServer? server = null, CancellationTokenSource? stop = null) =>
        RunAsync(queue, database.Settings(), sink, batches, receive, timings, server, stop);

    public async Task<Receipt> RunAsync(
        TestQueue queue, DatabaseSettings database, SinkOptions? sink = null, BatchOptions? batches = null, ReceiveOptions? receive = null,
        SqsTimings? timings = null, FaultyServer? server = null, CancellationTokenSource? stop = null)
    {
        await using var table = await new LoginEtl.Postgres.PostgresConnector().WriteToAsync(database, sink ?? new SinkOptions(), TestDatabase.Token);
        return await RunAsync(queue, table, batches, receive, timings, server, stop);
    }

    public async Task<Receipt> RunAsync(
        TestQueue queue, IRecordSink table, BatchOptions? batches = null, ReceiveOptions? receive = null, SqsTimings? timings = null,
        FaultyServer? server = null, CancellationTokenSource? stop = null)
    {
        using var protectors = _keys.Protectors();
        var source = await queue.ReceiveAsync(receive, timings, server);
        return await EtlRun.RunAsync(source, protectors, table, batches ?? new BatchOptions(), b => { lock (Batches) { Batches.Add(b); } }, stop?.Token ?? TestDatabase.Token);
    }

    /// <summary>
    /// Two runs that receive the queue's one message, the second when the lease of the first is over, and one batch with
    /// both receipts. The runs have ended.
    /// </summary>
    public async Task<IReadOnlyList<ReceivingRun>> TwoReceiptsAsync(TestQueue queue, IRecordSink sink, params ProtectedLogin[] beside)
    {
        using var protector = _keys.Protector(new ProtectOptions());
        await using var writer = new BatchWriter(sink, new BatchOptions { FlushInterval = Timeout.InfiniteTimeSpan }) { BatchWritten = Batches.Add };
        var runs = new List<ReceivingRun>();
        for (var receipt = 0; receipt < 2; receipt++)
        {
            // The first run's lease is let go, so that the queue gives the message to the other.
            var run = new ReceivingRun(await queue.ReceiveAsync(timings: new SqsTimings { HoldAtMost = TimeSpan.Zero }));
            runs.Add(run);
            Assert.True(await writer.AddAsync(protector.Protect(Assert.Single(await run.ReceiveAsync(TestDatabase.Token))), TestDatabase.Token));
        }

        foreach (var login in beside)
        {
            Assert.True(await writer.AddAsync(login, TestDatabase.Token));
        }

        await writer.CompleteAsync(TestDatabase.Token);
        await writer.DisposeAsync();
        foreach (var run in runs)
        {
            await run.ReleaseAsync();
        }

        return runs;
    }

    /// <summary>Deletes fail, as if the queue were away.</summary>
    public static FaultyServer NoDeletes(ServersFixture servers) => new(servers) { OnDelete = _ => Task.FromResult(MadeUp.HungUp) };

    /// <summary>Sends to a group, in this order.</summary>
    public static async Task SendAsync(TestQueue queue, string group, IReadOnlyList<string> bodies)
    {
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token);
        await sender.SendAsync(bodies, group, TestDatabase.Token);
    }

    /// <summary>The users of a <see cref="FifoTable"/>, by their first letter and in the order of their writing.</summary>
    public static Task<string> RowsAsync(TestDatabase database, string where = "true") =>
        database.ReadAsync<string>($"SELECT string_agg(user_id, ',' ORDER BY left(user_id, 1), place) FROM user_logins WHERE {where}");
}
