using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>Whole runs into tables that change under them, or that keep rows out.</summary>
public sealed class TableRunTests(ServersFixture servers) : IDisposable
{
    private const string Drops =
        """
        CREATE FUNCTION drop_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.user_id LIKE 'drop%' THEN RETURN NULL; END IF; RETURN NEW; END$$;
        CREATE TRIGGER drop_it BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION drop_it();
        """;

    private static readonly BatchOptions Prompt = new() { FlushInterval = TimeSpan.FromMilliseconds(100) };

    private readonly WholeRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Run_that_waits_writes_right_rows_behind_an_ALTER_and_warns_of_it()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        using var stop = new CancellationTokenSource();
        var running = _run.RunAsync(queue, database, batches: Prompt, receive: new ReceiveOptions { WaitForever = true }, stop: stop);
        await queue.SendAsync(WholeRun.Body("a", "17.1.1"));
        await Until.Async(async () => await database.CountAsync() == 1, "the first row");
        await database.RunAsync("ALTER TABLE user_logins ALTER app_version TYPE varchar(32)");
        await queue.SendAsync(WholeRun.Body("b", "17.1.2"));
        await Until.Async(async () => await database.CountAsync() == 2, "the second row");
        await stop.CancelAsync();
        var receipt = await running;
        Assert.Equal((2, 0, 0), (receipt.Written, receipt.Returned, receipt.ExitCode));
        Assert.Equal("17001001,17.1.2", await database.ReadAsync<string>("SELECT string_agg(app_version, ',' ORDER BY user_id) FROM user_logins"));
        var warning = Assert.Single(_run.Batches.SelectMany(BatchText.Warnings));
        Assert.Contains("app_version is character varying(32) and was integer", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_whose_table_takes_the_rows_no_more_fails_and_gives_the_messages_back()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        var running = _run.RunAsync(queue, database, batches: Prompt, receive: new ReceiveOptions { WaitForever = true });
        await queue.SendAsync(WholeRun.Body("a"));
        await Until.Async(async () => await database.CountAsync() == 1, "the first row");
        await database.RunAsync("ALTER TABLE user_logins DROP locale");
        await queue.SendAsync(WholeRun.Body("b"));
        var receipt = await running;
        Assert.Equal((RunState.Failed, 1, 1, 1), (receipt.Outcome, receipt.Written, receipt.Returned, receipt.ExitCode));
        Assert.Contains("locale", receipt.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SuppressedAction.Warn, 2)]
    [InlineData(SuppressedAction.Accept, 0)]
    public async Task Rows_that_a_trigger_keeps_out_are_counted_and_settled(SuppressedAction action, int exitCode)
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + Drops);
        for (var i = 0; i < 30; i++)
        {
            await queue.SendAsync(WholeRun.Body(i % 2 == 0 ? $"keep{i}" : $"drop{i}"));
        }

        var receipt = await _run.RunAsync(queue, database, new SinkOptions { OnSuppressed = action });
        Assert.Equal((30, 15, 15, true, exitCode), (receipt.Received, receipt.Written, receipt.Suppressed, receipt.Balanced, receipt.ExitCode));
        Assert.Equal(action == SuppressedAction.Warn ? 1 : 0, _run.Batches.SelectMany(BatchText.Warnings).Count());
        Assert.Equal(15, await database.CountAsync());
        Assert.Equal(30, await database.CountAsync("login_etl_ledger"));
    }
}
