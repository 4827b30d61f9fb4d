using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What the worker sends to a collector, and that no collector can harm a run.</summary>
public sealed class OtlpTests(ServersFixture servers) : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Collector_gets_metrics_traces_and_log_and_no_value_of_a_message()
    {
        using var collector = new Collector();
        var (exitCode, errors, queue) = await RunAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url, ["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key=canary-key" });
        Assert.True(exitCode == 2, errors);

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], collector.Taken.Select(t => t.Path).Distinct().Order(StringComparer.Ordinal));
        Assert.All(["login_etl.messages.received", "login_etl.messages.settled", "quarantined", "login_etl.batch.duration", "login_etl.sqs.call.duration", "service.name", "login-etl", queue], text => Assert.Contains(text, collector.Of("metrics"), StringComparison.Ordinal));
        Assert.All(["login_etl.batch", "login_etl.delete", "login_etl.outcome.written", queue], text => Assert.Contains(text, collector.Of("traces"), StringComparison.Ordinal));
        Assert.All(["RunStarted", "BatchWritten", "Rejected", "missing_field", "RunEnded", "moves the queue"], text => Assert.Contains(text, collector.Of("logs"), StringComparison.Ordinal));
        var all = string.Concat(collector.Taken.Select(t => t.Body));
        Assert.DoesNotContain("messaging.", all, StringComparison.Ordinal);
        Assert.DoesNotContain("warning: Metrics", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", errors, StringComparison.Ordinal);
        Assert.All(["199.172.111.135", "593-47-5928", "canary", servers.Postgres.Password, servers.Sqs.SecretKey], text => Assert.DoesNotContain(text, all + errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_of_OpenTelemetry_stand_beside_ours_where_they_are_asked_for()
    {
        using var collector = new Collector();
        var (exitCode, errors, queue) = await RunAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url,
            ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http, messaging/dup",
            ["OTEL_SERVICE_NAME"] = "logins-of-ours",
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test-4711",
        });
        Assert.True(exitCode == 2, errors);
        Assert.All(["messaging.client.consumed.messages", "messaging.client.operation.duration", "messaging.process.duration", "aws_sqs", "login_etl.messages.settled"], text => Assert.Contains(text, collector.Of("metrics"), StringComparison.Ordinal));
        Assert.All([$"process {queue}", $"delete {queue}", "messaging.batch.message_count", "messaging.destination.name", "messaging.message.id"], text => Assert.Contains(text, collector.Of("traces"), StringComparison.Ordinal));
        Assert.All(["logins-of-ours", "test-4711"], text => Assert.Contains(text, collector.Of("metrics"), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "none", "/v1/logs /v1/metrics")]
    [InlineData("OTEL_SDK_DISABLED", "true", "")]
    public async Task Signal_that_is_turned_off_is_not_sent(string variable, string value, string paths)
    {
        using var collector = new Collector();
        var (exitCode, errors, _) = await RunAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url, [variable] = value });
        Assert.True(exitCode == 2, errors);
        Assert.Equal(paths, string.Join(' ', collector.Taken.Select(t => t.Path).Distinct().Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Queue_is_asked_for_the_traces_of_messages_only_where_traces_are_sent(bool areSent)
    {
        using var collector = new Collector();
        var asked = new ConcurrentQueue<string>();
        await using var server = new FaultyServer(servers)
        {
            OnReceive = call =>
            {
                asked.Enqueue(call.Request.ToJsonString());
                return call.PassOnAsync();
            },
        };
        var (exitCode, errors, _) = await RunAsync(new()
        {
            ["AWS_ENDPOINT_URL_SQS"] = server.EndpointUrl.AbsoluteUri,
            [areSent ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" : "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"{collector.Url}/v1/any",
        });
        Assert.True(exitCode == 2, errors);
        Assert.NotEmpty(asked);
        Assert.All(asked, a => Assert.Equal((areSent, areSent), (a.Contains("AWSTraceHeader", StringComparison.Ordinal), a.Contains("traceparent", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Collector_that_is_away_or_silent_changes_no_run_and_is_told_of_once(bool away)
    {
        using var silent = new Collector(answers: false);
        var started = Stopwatch.GetTimestamp();
        var (exitCode, errors, _) = await RunAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = away ? "http://127.0.0.1:1" : silent.Url });
        Assert.True(exitCode == 2, errors);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 25);
        Assert.InRange(errors.Split('\n').Count(l => l.Contains("do not reach the collector", StringComparison.Ordinal)), away ? 1 : 0, 1);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "C4nary/Pa$$word!4711")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "canary.example:4317")]
    [InlineData("OTEL_METRICS_EXPORTER", "canary")]
    public async Task Variable_that_is_wrong_is_named_and_not_repeated(string variable, string value)
    {
        var (exitCode, errors, _) = await RunAsync(new() { [variable] = value });
        Assert.Equal(1, exitCode);
        Assert.Contains($"SettingInvalid: {variable} is not valid: it takes ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(value, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/canary.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/hostname")]
    [InlineData("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere/canary.pem")]
    public async Task Certificate_that_cannot_be_used_is_a_wrong_setting_and_no_fault_of_ours(string variable, string path)
    {
        var (exitCode, errors, _) = await RunAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://127.0.0.1:1", [variable] = path });
        Assert.Equal(1, exitCode);
        Assert.Contains("SettingInvalid: One of the variables OTEL_* is not valid: it takes ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(path, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL")]
    public async Task Variable_that_OpenTelemetry_does_not_take_is_told_of_and_hides_no_collector_that_is_away(string variable)
    {
        var (exitCode, errors, _) = await RunAsync(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1", [variable] = "canary" });
        Assert.True(exitCode == 2, errors);
        Assert.Contains("OpenTelemetry does not take one of the variables OTEL_*", errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n'), l => l.Contains("do not reach the collector", StringComparison.Ordinal));
        Assert.DoesNotContain("canary", errors, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Errors, string Queue)> RunAsync(Dictionary<string, string> variables)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync(Deliveries.Body, attributes: new JsonObject { ["traceparent"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = $"00-{Trace}-b7ad6b7169203331-01" } });
        await queue.SendAsync("{}");
        variables.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2"], environment: variables);
        Assert.EndsWith("}\n", output, StringComparison.Ordinal);
        return (exitCode, errors, queue.Name);
    }
}
