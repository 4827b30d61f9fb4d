using System.Text.Json;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>The worker's log for programs: what happened, by numbers and names that stay.</summary>
public sealed class LogTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Json_lines_say_what_happened_by_events_and_fields()
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2", "--log-format", "json"]);
        Assert.Equal(2, exitCode);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.All(lines, l => Assert.Equal(["time", "level", "event_id", "event", "message"], l.EnumerateObject().Take(5).Select(p => p.Name)));
        Assert.All(lines, l => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", l.GetProperty("time").GetString()!));

        var started = Assert.Single(lines, l => Is(l, 1, "RunStarted", "Information"));
        Assert.Equal(queue.Name, started.GetProperty("queue").GetString());
        Assert.StartsWith("public.user_logins at ", started.GetProperty("place").GetString(), StringComparison.Ordinal);
        var batches = lines.Where(l => Is(l, 2, "BatchWritten", "Information")).ToList();
        Assert.Equal((1, 1), (Sum(batches, "written"), Sum(batches, "quarantined")));
        var reject = Assert.Single(lines, l => Is(l, 6, "Rejected", "Warning"));
        Assert.Equal("missing_field", reject.GetProperty("reason").GetString());
        Assert.Contains(reject.GetProperty("message_id").GetString()!, reject.GetProperty("message").GetString(), StringComparison.Ordinal);

        // The last line has the receipt's own fields.
        var ended = lines[^1];
        Assert.True(Is(ended, 7, "RunEnded", "Information"));
        var receipt = JsonDocument.Parse(output).RootElement;
        Assert.All(receipt.EnumerateObject(), p => Assert.Equal(p.Value.ToString(), ended.GetProperty(p.Name).ToString()));
        Assert.InRange(receipt.GetProperty("calls").GetProperty("ReceiveMessage").GetInt64(), 1, 1000);
        Assert.InRange(receipt.GetProperty("calls").GetProperty("DeleteMessageBatch").GetInt64(), 1, 2);
    }

    [Fact]
    public async Task Level_leaves_out_what_goes_well()
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2", "--log-level", "warning"]);
        Assert.Equal(2, exitCode);
        Assert.Matches(@"^\S+Z warning: Message \S+ is rejected: .*\n\z", errors);
    }

    [Fact]
    public async Task Level_of_none_says_nothing_and_the_receipt_is_there_all_the_same()
    {
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, "Host=127.0.0.1;Port=1;Username=u;Database=d", ["--retry-for", "0"], environment: new Dictionary<string, string> { ["LOGINETL_LOG_LEVEL"] = "None" });
        Assert.Equal((75, ""), (exitCode, errors));
        Assert.Equal("failed", JsonDocument.Parse(output).RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Failure_is_an_event_with_the_id_of_its_error()
    {
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, "Host=127.0.0.1;Port=1;Username=u;Database=d", ["--retry-for", "0", "--log-format", "json"]);
        Assert.Equal(75, exitCode);
        var failed = JsonDocument.Parse(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        Assert.True(Is(failed, 8, "RunFailed", "Error"));
        Assert.Equal("DatabaseUnreachable", failed.GetProperty("error_id").GetString());
    }

    [Fact]
    public async Task Format_that_is_none_is_told_in_text()
    {
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, "Host=h", [], environment: new Dictionary<string, string> { ["LOGINETL_LOG_FORMAT"] = "C4nary/Pa$$word!4711" });
        Assert.Equal(1, exitCode);
        Assert.Matches(@"^\S+Z login-etl: SettingInvalid: LOGINETL_LOG_FORMAT is not valid: it takes one of Text, Json\. Correct or unset it\.\n\z", errors);
    }

    private static bool Is(JsonElement line, int id, string name, string level) =>
        (line.GetProperty("event_id").GetInt32(), line.GetProperty("event").GetString(), line.GetProperty("level").GetString()) == (id, name, level);

    private static long Sum(IEnumerable<JsonElement> lines, string field) => lines.Sum(l => l.TryGetProperty(field, out var value) ? value.GetInt64() : 0);

    private async Task<(TestQueue Queue, TestDatabase Database)> ReadyAsync()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(Deliveries.Body);
        await queue.SendAsync("{}");
        return (queue, database);
    }
}
