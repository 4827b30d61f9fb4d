using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core.Run;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>An entry says where it came from: its queue, or its file.</summary>
public sealed class QuarantineQueueTests(ServersFixture servers)
{
    [Fact]
    public async Task Entry_of_a_whole_run_names_the_queue_it_came_from()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        var other = await TestQueue.CreateAsync(servers);
        await queue.SendAsync("no JSON");
        await queue.SendAsync(WholeRun.Body("u1"));
        await queue.SendAsync(WholeRun.Body("u2", version: "x.y"));
        await other.SendAsync("no JSON either");
        using var run = new WholeRun();
        await run.RunAsync(queue, database);
        await run.RunAsync(other, database);
        Assert.Equal([queue.Name, queue.Name, other.Name], (await ListAsync(database)).Select(e => e.Queue));
        Assert.Equal("invalid_json", Assert.Single(await ListAsync(database, new QuarantineFilter { Queue = other.Name })).Reason);
        Assert.Equal(2, (await ListAsync(database, new QuarantineFilter { Queue = queue.Name })).Count);
    }

    [Fact]
    public async Task Entry_of_a_line_names_its_file_and_no_queue()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, Logins.Line(Guid.NewGuid(), 7));
        var entry = Assert.Single(await ListAsync(database));
        Assert.Equal((null, "logins.ndjson:7"), (entry.Queue, entry.Source));
    }

    [Fact]
    public async Task Run_beside_a_quarantine_of_an_earlier_version_goes_on_and_names_the_queue_once_it_can()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE login_etl_quarantine DROP queue");
        await using var sink = await database.SinkAsync();
        var source = new StubSource(new Journal()) { Name = "login-queue" };
        _ = new ReceivingRun(source);
        QueueDelivery[] deliveries = [Logins.Delivery(), Logins.Delivery()];
        Assert.All(deliveries, d => Assert.True(source.Book.Admit(d)));
        Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([Logins.Reject(deliveries[0])], TestDatabase.Token)).Outcomes);
        Assert.Equal(["ALTER TABLE \"public\".\"login_etl_quarantine\" ADD COLUMN queue text"], await database.InitializeAsync());
        Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([Logins.Reject(deliveries[1])], TestDatabase.Token)).Outcomes);
        Assert.Equal([null, "login-queue"], (await ListAsync(database)).Select(e => e.Queue));
    }

    private static async Task QuarantineAsync(TestDatabase database, params Delivery[] deliveries)
    {
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync([.. deliveries.Select(d => Logins.Reject(d))], TestDatabase.Token);
        Assert.All(result.Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    private static async Task<List<QuarantineEntry>> ListAsync(TestDatabase database, QuarantineFilter? filter = null)
    {
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);
        return await quarantine.ListAsync(filter ?? new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
    }
}
