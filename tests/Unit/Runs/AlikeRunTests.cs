using LoginEtl.Aws;
using LoginEtl.Run;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Neither a broken table nor a queue of something else empties a queue into quarantine bit by bit.</summary>
public sealed class AlikeRunTests(ServersFixture servers) : IDisposable
{
    private static readonly BatchOptions OneByOne = new() { BatchSize = 1 };

    private readonly WholeRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Good_messages_for_a_table_that_refuses_all_stay_in_the_queue_but_for_the_first_nine()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        var queue = await TestQueue.CreateAsync(servers);
        await SendAsync(queue, 25, WholeRun.Body("u"));
        var receipt = await _run.RunAsync(queue, database, batches: OneByOne);
        Assert.Equal((RunState.Failed, 9L, 16L, 1), (receipt.Outcome, receipt.Quarantined, receipt.Returned, receipt.ExitCode));
        Assert.Contains("10 rows", receipt.Error, StringComparison.Ordinal);
        Assert.Equal((9, 9), (await database.CountAsync("login_etl_quarantine"), await database.CountAsync("login_etl_ledger")));
        Assert.Equal((16, 0), await queue.CountsAsync());
        Assert.Equal(9, _run.Batches.SelectMany(BatchText.Warnings).Count(w => w.EndsWith("is rejected: refused_by_database, SQLSTATE 23514.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, 19)]
    [InlineData(5_000, 0)]
    public async Task Messages_of_something_else_stay_in_the_queue_but_for_the_first_nineteen(int batchSize, int quarantined)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await SendAsync(queue, 60, """{"order":1,"total":"9.99"}""");
        var receipt = await _run.RunAsync(queue, database, batches: new BatchOptions { BatchSize = batchSize });
        Assert.Equal((RunState.Failed, (long)quarantined, 60L - quarantined), (receipt.Outcome, receipt.Quarantined, receipt.Returned));
        Assert.Contains("no login came between them", receipt.Error, StringComparison.Ordinal);
        Assert.Equal(quarantined, await database.CountAsync("login_etl_quarantine"));
        Assert.Equal((60 - quarantined, 0), await queue.CountsAsync());
    }

    private static async Task SendAsync(TestQueue queue, int messages, string body)
    {
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token);
        await sender.SendAsync([.. Enumerable.Repeat(body, messages)], null, TestDatabase.Token);
    }
}
