using System.Text.Json;
using LoginEtl.Aws;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>The receipt that the worker ends with, in a process of its own.</summary>
public sealed class ReceiptTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("", "queue", 75)]
    [InlineData("--queue https://sqs.us-east-1.amazonaws.com/123456789012/logins", "logins", 75)]
    [InlineData("--queue Password=canary-password-4711", "no queue", 75)]
    [InlineData("--keyset file:/nowhere", "queue", 1)]
    [InlineData("--method ip=sha256", "queue", 1)]
    public async Task Run_that_cannot_begin_ends_with_a_failed_receipt(string flags, string source, int code)
    {
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(
            _keys.Folder, null, "Host=127.0.0.1;Port=1;Username=u", flags.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(code, exitCode);
        var receipt = Last(output);
        Assert.Equal((source, "failed", 0, code), (
            receipt.GetProperty("source").GetString(), receipt.GetProperty("outcome").GetString(),
            receipt.GetProperty("received").GetInt32(), receipt.GetProperty("exit_code").GetInt32()));
        Assert.Matches(@"^\d+\.\d+\.\d+\S*$", receipt.GetProperty("version").GetString());
        Assert.Contains(receipt.GetProperty("error").GetString()!, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-password", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variable_of_no_setting_is_warned_of_and_not_repeated()
    {
        var start = WorkerProgram.Start(_keys.Folder, null, "Host=127.0.0.1;Port=1;Username=u", []);
        start.Environment["LOGINETL_TABEL"] = "canary";
        var (_, output, errors) = await Programs.RunAsync(start, TestDatabase.Token);
        Assert.Contains("warning: LOGINETL_TABEL is set, and no setting of that name is known.", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", errors + output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_of_settings_stands_in_for_flags_and_a_variable_wins_over_it()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        var file = Path.Combine(_keys.Folder, "..", "prod.json");
        await File.WriteAllTextAsync(file, """{ "queue": "queue-of-the-file", "table": "table_of_the_file" }""", TestDatabase.Token);
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--settings", file]);
        Assert.Equal(1, exitCode);
        Assert.Equal((queue.Name, "TableNotFound"), (Last(output).GetProperty("source").GetString(), Last(output).GetProperty("error_id").GetString()));
        Assert.Contains("table_of_the_file", errors, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, """{ "tabel": "canary" }""", TestDatabase.Token);
        (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--settings", file]);
        Assert.Equal((1, "SettingsFileInvalid"), (exitCode, Last(output).GetProperty("error_id").GetString()));
        Assert.DoesNotContain("canary", output + errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_tells_of_its_rejects_and_ends_with_its_receipt()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token))
        {
            await sender.SendAsync([Deliveries.Body, "{}"], TestDatabase.Token);
        }

        var (exitCode, output, errors) = await WorkerProgram.RunAsync(
            _keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2"]);
        Assert.Equal(2, exitCode);
        var receipt = Last(output);
        Assert.Equal((queue.Name, 1, 1), (
            receipt.GetProperty("source").GetString(), receipt.GetProperty("written").GetInt32(), receipt.GetProperty("quarantined").GetInt32()));
        Assert.Matches(@"warning: Message \S+ is rejected: missing_field \(user_id\)\.", errors);
    }

    private static JsonElement Last(string output) =>
        JsonDocument.Parse(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
}
