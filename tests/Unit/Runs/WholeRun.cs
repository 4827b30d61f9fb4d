using LoginEtl.Connections;
using LoginEtl.Masking;
using LoginEtl.Running;
using LoginEtl.Settlement;
using LoginEtl.Sqs;
using LoginEtl.Sqs.Client;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Sqs;

namespace LoginEtl.Unit.Runs;

/// <summary>The whole job on both real servers: a queue and a database of its own.</summary>
internal sealed class WholeRun : IDisposable
{
    private readonly TestKeys _keys = new();

    public List<BatchReport> Batches { get; } = [];

    public static string Body(string user, string version = "1.0") =>
        $$"""{"user_id":"{{user}}","app_version":"{{version}}","device_type":"android","ip":"199.172.111.135","locale":"RU","device_id":"593-47-5928"}""";

    public void Dispose() => _keys.Dispose();

    public Task<Receipt> RunAsync(
        TestQueue queue, TestDatabase database, SinkOptions? sink = null, BatchOptions? batches = null, ReceiveOptions? receive = null,
        SqsTimings? timings = null, Func<ISqsClient, ISqsClient>? around = null, CancellationTokenSource? stop = null) =>
        RunAsync(queue, database.Settings(), sink, batches, receive, timings, around, stop);

    public async Task<Receipt> RunAsync(
        TestQueue queue, DatabaseSettings database, SinkOptions? sink = null, BatchOptions? batches = null, ReceiveOptions? receive = null,
        SqsTimings? timings = null, Func<ISqsClient, ISqsClient>? around = null, CancellationTokenSource? stop = null)
    {
        await using var table = await new LoginEtl.Postgres.PostgresConnector().WriteToAsync(database, sink ?? new SinkOptions(), TestDatabase.Token);
        return await RunAsync(queue, table, batches, receive, timings, around, stop);
    }

    public async Task<Receipt> RunAsync(
        TestQueue queue, IRecordSink table, BatchOptions? batches = null, ReceiveOptions? receive = null, SqsTimings? timings = null,
        Func<ISqsClient, ISqsClient>? around = null, CancellationTokenSource? stop = null)
    {
        using var protectors = _keys.Protectors();
        var source = await queue.ReceiveAsync(receive, timings, around);
        return await EtlRun.RunAsync(source, protectors, table, batches ?? new BatchOptions(), b => { lock (Batches) { Batches.Add(b); } }, stop?.Token ?? TestDatabase.Token);
    }

    /// <summary>A FIFO queue.</summary>
    public static Task<TestQueue> FifoAsync(ServersFixture servers, System.Text.Json.Nodes.JsonObject? attributes = null)
    {
        var all = attributes ?? [];
        all["FifoQueue"] = "true";
        return TestQueue.CreateAsync(servers, servers.NewQueueName() + ".fifo", all);
    }
}
