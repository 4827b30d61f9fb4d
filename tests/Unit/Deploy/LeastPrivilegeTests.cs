using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Worker;
using Xunit;

namespace LoginEtl.Unit.Deploy;

/// <summary>
/// Each host with the rights that docs/security.md and deploy/iam give it, and no others: those of AWS by a proxy that refuses
/// what the policy does not name, as SQS does, those of the database by its roles. Nor is there one that nobody uses.
/// </summary>
public sealed class LeastPrivilegeTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly ConcurrentDictionary<string, bool> _used = [];

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Worker_runs_with_its_policy_and_its_role()
    {
        // What waits for its batch is kept from coming again meanwhile.
        var queue = await TestQueue.CreateAsync(servers, visibilityTimeout: 2);
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await queue.SendAsync(Deliveries.Body);
        await queue.SendAsync("{}");
        await using var proxy = Proxy("worker");
        await database.AsRoleAsync(role => $"GRANT login_etl_writer TO {role}", async account =>
        {
            var dsn = $"{account.Database.Reveal()};Username={account.UserName};Password={account.Password!.Reveal()}";
            var environment = new Dictionary<string, string> { ["AWS_ENDPOINT_URL_SQS"] = proxy.EndpointUrl.AbsoluteUri };
            var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, dsn, ["--check"], environment: environment);
            Assert.True(exitCode == 0, output + errors);
            (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, dsn, ["--flush-interval", "4", "--drain-window", "0.5"], environment: environment);
            Assert.True(exitCode == 2, errors);
            Assert.Contains("\"written\":1,", output, StringComparison.Ordinal);

        });
        AssertAllUsed("worker");
    }

    [Fact]
    public async Task Sender_sends_with_its_policy()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var proxy = Proxy("sender");
        var (exitCode, said) = await PowerShellHost.RunScriptAsync($"1..12 | ForEach-Object {{ '{Deliveries.Body}' }} | Send-LoginMessage {queue.Name}", Environment(queue, proxy), TestDatabase.Token);
        Assert.True(exitCode == 0, said);
        Assert.Equal((12, 0), await queue.CountsAsync());
        AssertAllUsed("sender");
    }

    [Fact]
    public async Task Operator_looks_with_its_policy()
    {
        var queue = await TestQueue.CreateAsync(servers);
        await using var proxy = Proxy("operator");
        var (exitCode, said) = await PowerShellHost.RunScriptAsync($"(Get-LoginQueue {queue.Name[..^1]}*).Name; Test-LoginEtl {queue.Name} | ForEach-Object {{ \"$($_.Outcome) $($_.Name)\" }}", Environment(queue, proxy), TestDatabase.Token);
        Assert.True(exitCode == 0, said);
        Assert.Contains(queue.Name, said, StringComparison.Ordinal);
        Assert.Contains("Pass Queue", said, StringComparison.Ordinal);
        AssertAllUsed("operator");
    }

    [Fact]
    public async Task Conformance_is_tried_with_its_policy()
    {
        await using var proxy = Proxy("conformance");
        var settings = (await TestQueue.CreateAsync(servers)).Settings with { Queue = servers.NewQueueName(), EndpointUrl = proxy.EndpointUrl };
        var report = await new SqsConnector().TryConformanceAsync(settings, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(report.Assertions, a => a.Seen.Contains("AccessDenied", StringComparison.Ordinal));
        Assert.Empty(report.QueuesLeft);
        AssertAllUsed("conformance");
    }

    private SqsProxy Proxy(string policy)
    {
        var allowed = Actions(policy);
        return new SqsProxy(servers.SqsEndpoint, async call =>
        {
            // A batch is allowed by what it is a batch of (Actions, resources, and condition keys for Amazon SQS).
            var action = $"sqs:{(call.Operation.EndsWith("Batch", StringComparison.Ordinal) ? call.Operation[..^"Batch".Length] : call.Operation)}";
            _used[action] = true;
            if (call.Operation == "CreateQueue" && call.Request.ContainsKey("tags"))
            {
                // A queue that is made with a tag needs both rights (SQS API reference, CreateQueue).
                _used["sqs:TagQueue"] = true;
            }

            await call.AnswerAsync(allowed.Contains(action) ? await call.PassOnAsync() : ProxiedAnswer.Refused(403, "AccessDenied"));
        });
    }

    private void AssertAllUsed(string policy) => Assert.Equal(Actions(policy), _used.Keys.Order(StringComparer.Ordinal));

    private static List<string> Actions(string policy) =>
    [
        .. JsonNode.Parse(File.ReadAllText(Repository.PathOf($"deploy/iam/{policy}.json")))!["Statement"]!.AsArray()
            .SelectMany(s => s!["Action"] is JsonArray list ? list.Select(a => a!.GetValue<string>()) : [s["Action"]!.GetValue<string>()]).Order(StringComparer.Ordinal),
    ];

    private static Dictionary<string, string> Environment(TestQueue queue, SqsProxy proxy) => new()
    {
        ["AWS_REGION"] = queue.Settings.Region!,
        ["AWS_ENDPOINT_URL_SQS"] = proxy.EndpointUrl.AbsoluteUri,
        ["AWS_ACCESS_KEY_ID"] = queue.Settings.AccessKey!,
        ["AWS_SECRET_ACCESS_KEY"] = queue.Settings.SecretKey!.Reveal(),
    };
}
