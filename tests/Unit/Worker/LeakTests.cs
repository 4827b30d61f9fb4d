using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Aws;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>Canaries of a message, a password and a key, looked for in all that a run without PowerShell says.</summary>
[Collection(RunsAlone.Name)]
public sealed class LeakTests(ServersFixture servers) : IDisposable
{
    private const string Ip = "203.0.113.77";
    private const string Device = "canary-device-4711";
    private const string Garbage = "canary-body-4711";

    private static readonly string Login = Deliveries.Body.Replace("199.172.111.135", Ip, StringComparison.Ordinal).Replace("593-47-5928", Device, StringComparison.Ordinal);

    private static readonly string[] Bodies =
    [
        Login, Login.Replace("2.3.0", "a.b", StringComparison.Ordinal), Login.Replace("android", "refused", StringComparison.Ordinal),
        Login + Garbage, Garbage, $"{{\"{Ip}\":1,\"{Ip}\":2}}",
    ];

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("--method ip=pfx,device_id=escrow")]
    [InlineData("--max-reject-ratio 0")]
    public async Task Worker_says_nothing_of_messages_passwords_and_keys(string flags)
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(
            _keys.Folder, queue, database.ConnectionString, [.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--drain-window", "0.2"]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("received", output + errors, StringComparison.Ordinal);
        AssertClean(output + errors);
    }

    [Theory]
    [InlineData("Port=1", 75)]
    [InlineData("Password=canary-password-4711", 1)]
    [InlineData("Nonsense=canary-password-4711", 1)]
    public async Task Worker_that_cannot_begin_says_nothing_of_its_settings(string change, int code)
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(
            _keys.Folder, queue, $"{database.ConnectionString};{change}", ["--max-duration", "1"]);
        Assert.Equal(code, exitCode);
        Assert.NotEmpty(errors);
        AssertClean(output + errors);
    }

    [Theory]
    [InlineData("exec:sh -c 'echo canary-password-4711; echo canary-password-4711 >&2; exit 3' canary-body-4711")]
    [InlineData("exec:/nowhere/canary-password-4711/tool canary-body-4711")]
    [InlineData("exec:echo canary-password-4711")]
    [InlineData("exec:'canary-password-4711")]
    public async Task Worker_says_nothing_of_programs_that_print_a_secret_and_fail(string setting)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are of Unix systems.");
        var (queue, database) = await ReadyAsync();
        foreach (var flags in new string[][] { ["--keyset", setting], ["--database", setting], ["--database", setting, "--check"] })
        {
            var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, flags);
            Assert.Equal(1, exitCode);
            Assert.NotEmpty(output + errors);
            AssertClean(output + errors);
        }
    }

    [Fact]
    public async Task Traces_and_metrics_of_a_run_hold_nothing_of_messages()
    {
        var seen = new ConcurrentQueue<string>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => seen.Enqueue(
                $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(traces);
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measured(instrument, value, tags));
        meters.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measured(instrument, value, tags));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measured(instrument, value, tags));
        meters.Start();

        var (queue, database) = await ReadyAsync();
        using var run = new WholeRun();
        var receipt = await run.RunAsync(queue, database);
        meters.RecordObservableInstruments();
        Assert.Equal((1, 5), (receipt.Written, receipt.Quarantined));

        var all = string.Join('\n', seen);
        Assert.Contains("login_etl_ledger", all, StringComparison.Ordinal);
        AssertClean(all);

        void Measured(Instrument instrument, object value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            seen.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{instrument.Name} {value} {string.Join(' ', tags.ToArray())}"));
    }

    private async Task<(TestQueue Queue, TestDatabase Database)> ReadyAsync()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT canary CHECK (device_type <> 'refused')");
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token);
        await sender.SendAsync(Bodies, TestDatabase.Token);
        return (queue, database);
    }

    private void AssertClean(string said)
    {
        var keys = Directory.EnumerateFiles(_keys.Folder, "*.json").SelectMany(f => System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(f))!["key"]!.AsArray())
            .Select(k => k!["keyData"]!["value"]!.GetValue<string>());
        string[] forbidden =
        [
            Ip, Device, Garbage, "canary-password", servers.Postgres.Password, .. keys,
            .. new[] { Ip, Device }.Select(v => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(v)))),
            .. new[] { Ip, Device }.Select(v => Convert.ToBase64String(Encoding.UTF8.GetBytes(v))),
        ];
        Assert.All(forbidden, value => Assert.DoesNotContain(value, said, StringComparison.OrdinalIgnoreCase));
    }
}
