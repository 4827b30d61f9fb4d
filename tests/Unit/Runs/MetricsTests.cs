using System.Diagnostics.Metrics;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Telemetry;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>What a run measures is what its receipt says, and nothing of its messages.</summary>
public sealed class MetricsTests(ServersFixture servers) : IDisposable
{
    private const string Canary = "canary";

    private readonly WholeRun _run = new();
    private readonly List<(string Name, double Value, Dictionary<string, object?> Tags)> _measured = [];

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Counts_are_those_of_the_receipt_and_hold_nothing_of_a_message()
    {
        var database = await TestDatabase.InitializedAsync(servers, WholeRun.FifoTable);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(WholeRun.Body($"{Canary}-1"));
        await queue.SendAsync(WholeRun.Body($"{Canary}-2"));
        await queue.SendAsync(WholeRun.Body($"bad-{Canary}"));
        await queue.SendAsync($$"""{"{{Canary}}":1}""");
        using var listener = Listen();
        var receipt = await _run.RunAsync(queue, database, receive: new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(0.2) });
        listener.RecordObservableInstruments();

        Assert.Equal((4, 2, 2), (receipt.Received, receipt.Written, receipt.Quarantined));
        Assert.Equal(4, Sum("login_etl.messages.received"));
        Assert.Equal(2, Sum("login_etl.messages.settled", ("login_etl.outcome", "written")));
        Assert.Equal(2, Sum("login_etl.messages.settled", ("login_etl.outcome", "quarantined")));
        Assert.Equal(2, Of("login_etl.message.age").Count());
        Assert.All(Of("login_etl.message.age"), m => Assert.InRange(m.Value, 0, 60));
        // Others measure beside this test, with no queue to tell them by.
        lock (_measured)
        {
            Assert.Contains(_measured, m => m.Name == "login_etl.messages.rejected" && (string)m.Tags["login_etl.reason"]! == "missing_field");
            Assert.Contains(_measured, m => m.Name == "login_etl.messages.rejected" && (string)m.Tags["login_etl.reason"]! == "refused_by_database");
            Assert.Contains(_measured, m => m is { Name: "login_etl.batch.size", Value: > 0 });
            Assert.Contains(_measured, m => m is { Name: "login_etl.batch.duration", Value: > 0 });
            Assert.All(new[] { "GetQueueUrl", "ReceiveMessage", "DeleteMessageBatch" }, name =>
                Assert.Contains(_measured, m => m.Name == "login_etl.sqs.call.duration" && (string)m.Tags["login_etl.operation"]! == name));
            Assert.All(_measured, m => Assert.All(m.Tags.Values, v => Assert.DoesNotMatch($"{Canary}|199\\.172|593-47|siv1", $"{v}")));
        }

        Assert.Empty(Of("login_etl.runs"));
        Assert.Empty(Of("login_etl.messages.held"));

        IEnumerable<(string Name, double Value, Dictionary<string, object?> Tags)> Of(string name)
        {
            lock (_measured)
            {
                return [.. _measured.Where(m => m.Name == name && (string?)m.Tags.GetValueOrDefault("login_etl.queue") == queue.Name)];
            }
        }

        double Sum(string name, (string Name, string Value)? tag = null) =>
            Of(name).Where(m => tag is not { } t || (string?)m.Tags[t.Name] == t.Value).Sum(m => m.Value);
    }

    [Fact]
    public async Task Receipt_counts_the_calls_that_the_server_had_failed_ones_among_them()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(WholeRun.Body("u1"));
        var (receives, deletes, looks) = (0, 0, 0);
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call => Interlocked.Increment(ref receives) == 2 ? Task.FromResult(MadeUp.Throttled) : call.PassOnAsync(),
            OnDelete = call => Interlocked.Increment(ref deletes) == 1 ? Task.FromResult(MadeUp.Unavailable) : call.PassOnAsync(),
            OnAttributes = call => { Interlocked.Increment(ref looks); return call.PassOnAsync(); },
        };
        var calls = (await _run.RunAsync(queue, database, receive: new ReceiveOptions { DrainWindow = TimeSpan.FromSeconds(0.2) }, server: server)).Calls;
        Assert.Equal((receives, deletes, looks, 1L), (calls.ReceiveMessage, calls.DeleteMessageBatch, calls.GetQueueAttributes, calls.GetQueueUrl));
        Assert.Equal(receives + deletes + looks + 1 + calls.ChangeMessageVisibilityBatch, calls.Total);
        Assert.InRange(receives, 2, 1000);
        Assert.Equal(2, deletes);
    }

    [Fact]
    public async Task Run_under_way_says_what_it_holds_what_waits_and_what_it_does()
    {
        var queue = await TestQueue.CreateAsync(servers);
        for (var i = 0; i < 3; i++)
        {
            await queue.SendAsync(WholeRun.Body($"u{i}"));
        }

        using var listener = Listen();
        var run = new ReceivingRun(await queue.ReceiveAsync(new ReceiveOptions { MaxMessages = 2 }));
        var received = 0;
        while (received < 2)
        {
            received += (await run.ReceiveAsync(TestDatabase.Token)).Count;
        }

        await Until.Async(() => Observed("login_etl.queue.backlog") is 1, "the backlog is counted");
        Assert.Equal(2, Observed("login_etl.messages.held"));
        Assert.InRange(Observed("login_etl.messages.held_bytes")!.Value, 200, 20_000);
        Assert.Equal(1, Observed("login_etl.runs"));
        Assert.Equal(2, Observed("login_etl.messages.received"));
        Assert.Equal(0, Observed("login_etl.messages.settled"));
        run.Stop();
        Assert.Equal("ending", Last("login_etl.runs").Tags["login_etl.state"]);
        await run.ReleaseAsync();
        Assert.Null(Observed("login_etl.messages.held"));

        double? Observed(string name) => Last(name) is { Name: not null } found ? found.Value : null;

        (string Name, double Value, Dictionary<string, object?> Tags) Last(string name)
        {
            lock (_measured)
            {
                _measured.Clear();
            }

            listener.RecordObservableInstruments();
            lock (_measured)
            {
                return _measured.FirstOrDefault(m => m.Name == name && (string?)m.Tags["login_etl.queue"] == queue.Name);
            }
        }
    }

    [Fact]
    public async Task Lines_of_text_are_counted_while_they_are_written_and_when_their_writer_has_gone()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        using var listener = Listen();
        var before = Written();
        await using (var sink = await database.SinkAsync())
        await using (var writer = new BatchWriter(sink))
        {
            for (var i = 1; i <= 3; i++)
            {
                Assert.True(await writer.AddAsync(Logins.Record(Logins.Line(Guid.NewGuid(), i)), TestDatabase.Token));
            }

            await writer.CompleteAsync(TestDatabase.Token);
            Assert.InRange(Written(), before + 3, double.MaxValue);
        }

        Assert.InRange(Written(), before + 3, double.MaxValue);
        lock (_measured)
        {
            Assert.DoesNotContain(_measured, m => m.Name is "login_etl.messages.received" or "login_etl.messages.undeleted" && m.Tags["login_etl.queue"] is null);
        }

        // Of no queue, as those of other tests are.
        double Written()
        {
            lock (_measured)
            {
                _measured.Clear();
            }

            listener.RecordObservableInstruments();
            lock (_measured)
            {
                return _measured.Where(m => m.Name == "login_etl.messages.settled" && m.Tags["login_etl.queue"] is null && (string)m.Tags["login_etl.outcome"]! == "written").Sum(m => m.Value);
            }
        }
    }

    [Fact]
    public void Page_names_all_of_them_and_no_other()
    {
        var names = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => { if (instrument.Meter.Name == RunMetrics.Name) { names.Add(instrument.Name); } } };
        listener.Start();
        RunMetrics.Retried("queue", "Unavailable");
        var page = File.ReadLines(Repository.PathOf("docs/observability.md")).TakeWhile(l => l != "## Traces").Where(l => l.StartsWith("| `login_etl.", StringComparison.Ordinal)).Select(l => l.Split('`')[1]);
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), page.Order(StringComparer.Ordinal));
        Assert.InRange(names.Count, 10, 100);
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == RunMetrics.Name) { l.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_measured)
        {
            _measured.Add((instrument.Name, value, tags.ToArray().ToDictionary(t => t.Key, t => t.Value)));
        }
    }
}
