using System.Text.Json.Nodes;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Npgsql;
using Xunit;
using static LoginEtl.Unit.Worker.Lambda.LambdaRuntime;

namespace LoginEtl.Unit.Worker.Lambda;

/// <summary>The worker as a function of Lambda, with a real database.</summary>
public sealed class LambdaTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Event_is_written_once_however_often_it_comes_and_a_bad_message_is_no_failure()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Partial");
        var sent = Event(Message(Deliveries.Body), Message("no JSON"), Message(Deliveries.Body));
        var first = await runtime.InvokeAsync(sent);
        Assert.Equal((null, "request-1"), (first.Error, first.Request));
        Assert.Empty(first.Failures);
        Assert.Empty((await runtime.InvokeAsync(sent)).Failures);
        Assert.Equal((2, 1, 3), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine"), await database.CountAsync("login_etl_ledger")));
        Assert.Equal("logins", await database.ReadAsync<string>("SELECT queue FROM login_etl_quarantine"));

        var (code, receipts, errors) = await runtime.EndAsync();
        Assert.Equal(0, code);
        Assert.Equal([("logins", 2, 0), ("logins", 0, 2)], receipts.Select(r => ((string)r["source"]!, (int)r["written"]!, (int)r["duplicate"]!)));
        Assert.DoesNotContain("199.172.111.135", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_of_an_event_is_the_message_that_the_queue_gives()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await Aws.TestQueue.CreateAsync(servers, visibilityTimeout: 1);
        await queue.SendAsync(Deliveries.Body);
        await using (var source = await queue.ReceiveAsync())
        {
            var message = Assert.Single(await Aws.TestQueue.HoldAsync(source, 1));
            await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Whole");
            var delivery = message.Delivery;
            Assert.Empty((await runtime.InvokeAsync(Event(Message(Deliveries.Body, $"{delivery.Id}", queue.Name, sent: delivery.SentTimestamp)))).Failures);
        }

        await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "1"]);
        Assert.Equal((1, (0, 0)), (await database.CountAsync(), await queue.CountsAsync()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Records":[]}""")]
    [InlineData("""{"Records":[{"eventSource":"aws:s3","eventSourceARN":"arn:aws:s3:::bucket"}]}""")]
    [InlineData("""{"Records":[{"messageId":"a","receiptHandle":"b","body":"199.172.111.135"}]}""")]
    [InlineData("[1]")]
    public async Task Event_of_another_kind_fails_and_the_next_is_served(string other)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Partial");
        var refused = await runtime.InvokeAsync(other);
        Assert.Equal("EventInvalid", refused.Error);
        Assert.DoesNotContain("199.172", refused.Json.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty((await runtime.InvokeAsync(Event(Message(Deliveries.Body)))).Failures);
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Database_that_is_away_fails_the_whole_invocation_and_the_next_goes_on_when_it_is_back()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Partial");
        Assert.Empty((await runtime.InvokeAsync(Event(Message(Deliveries.Body)))).Failures);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        var server = TestDatabase.By(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString);
        await server.RunAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        var sent = Event(Message(Deliveries.Body), Message(Deliveries.Body));
        var failed = await runtime.InvokeAsync(sent);
        Assert.NotNull(failed.Error);
        Assert.Equal(failed.Error, (string)failed.Json["errorType"]!);
        await server.RunAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        Assert.Empty((await runtime.InvokeAsync(sent)).Failures);
        Assert.Equal(3, await database.CountAsync());
    }

    [Theory]
    [InlineData("Partial")]
    [InlineData("Whole")]
    public async Task Group_fails_from_its_first_failure_on(string failures)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", failures, "--on-bad-in-group", "HoldGroup");
        JsonObject Of(string group, int sequence, string? body = null) => Message(body ?? Deliveries.Body, $"00000000-0000-4000-8000-{sequence:D12}", "logins.fifo", group, $"1884949646046769{6128 + sequence}");
        var answer = await runtime.InvokeAsync(Event(Of("a", 1), Of("b", 2), Of("a", 3, "no JSON"), Of("b", 4), Of("a", 5)));
        Assert.Equal((3, 0), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine")));
        if (failures == "Whole")
        {
            Assert.Equal("EventUnsettled", answer.Error);
            Assert.Contains("--lambda Partial", (string)answer.Json["errorMessage"]!, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(["00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000005"], answer.Failures);
        }
    }

    [Fact]
    public async Task Batch_that_would_pass_the_deadline_stops_before_it()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Partial");
        Assert.Empty((await runtime.InvokeAsync(Event(Message(Deliveries.Body)))).Failures);
        var late = Message(Deliveries.Body);
        await using (var other = await database.OpenAsync())
        await using (await other.BeginTransactionAsync(TestDatabase.Token))
        {
            await using var command = new NpgsqlCommand("LOCK TABLE user_logins", other);
            await command.ExecuteNonQueryAsync(TestDatabase.Token);
            var answer = await runtime.InvokeAsync(Event(late), TimeSpan.FromSeconds(12));
            Assert.True(answer.IsInTime);
            Assert.Equal([(string)late["messageId"]!], answer.Failures);
        }

        Assert.Empty((await runtime.InvokeAsync(Event(late))).Failures);
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Deadline_that_has_passed_ends_no_process()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var runtime = Start(_keys.Folder, database.ConnectionString, "--lambda", "Partial");
        Assert.Empty((await runtime.InvokeAsync(Event(Message(Deliveries.Body)))).Failures);
        var late = Message(Deliveries.Body);
        var answer = await runtime.InvokeAsync(Event(late), TimeSpan.FromMinutes(-1));
        // What was settled all the same is settled.
        var written = await database.CountAsync() == 2;
        Assert.Equal(written ? [] : [(string)late["messageId"]!], answer.Error is null ? answer.Failures : throw new InvalidOperationException(answer.Error));
        Assert.Empty((await runtime.InvokeAsync(Event(late))).Failures);
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Flag_without_a_function_is_refused()
    {
        var (code, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, "Host=127.0.0.1;Port=1", ["--lambda", "Partial"]);
        Assert.Equal(1, code);
        Assert.Contains("AWS_LAMBDA_RUNTIME_API is not set", errors, StringComparison.Ordinal);
    }
}
