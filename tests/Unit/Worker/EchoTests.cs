using System.Text.RegularExpressions;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Worker;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>
/// Every flag and every variable that the worker reads is given a password, connection strings and a body in turn: nothing of
/// them is in what it says, in its receipt, or in the log of a server that logs every statement.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed partial class EchoTests(ServersFixture servers) : IDisposable
{
    private static readonly string[] Misplaced =
    [
        "C4nary/Pa$$word!4711",
        "Host=127.0.0.1;Port=1;Username=u;Password=canary-4711;Database=d",
        "Host=127.0.0.1, Port=1, Username=u, Password=canary-4711, Database=d",
        "Host=127.0.0.1 Port=1 Username=u Password=canary-4711 Database=d",
        "host=127.0.0.1 port=1 user=u password='canary-4711' dbname=d",
        "postgresql://u:canary-4711@127.0.0.1:1/d",
        """{"user_id":"canary","app_version":"1.2.3","ip":"203.0.113.77","device_id":"canary-device"}""",
    ];

    private readonly EnvironmentVariables _environment = new();
    private readonly TestKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        _environment.Dispose();
    }

    public static TheoryData<string> Flags => [.. new WorkerSettings().All.Select(o => o.Name).Where(n => n.StartsWith("--", StringComparison.Ordinal))];

    /// <summary>What the sources ask for by name; those that only AWS's SDK reads are in <see cref="OfTheSdk"/>.</summary>
    public static TheoryData<string> Variables =>
        [.. Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => Variable().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value))
            .Select(v => v.EndsWith('_') ? v + "SQS" : v).Distinct().Order(StringComparer.Ordinal)];

    private static string[] OfTheSdk =>
    [
        "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_DEFAULTS_MODE", "AWS_CA_BUNDLE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS",
    ];

    [Theory]
    [MemberData(nameof(Flags))]
    public async Task Nothing_is_said_of_what_a_flag_was_given_in_error(string flag)
    {
        await BeginAsync();
        var variable = "LOGINETL_" + flag[2..].Replace('-', '_').ToUpperInvariant();
        foreach (var text in Misplaced)
        {
            AssertClean(await RunAsync([flag, text]), flag, text);
            _environment[variable] = text;
            AssertClean(await RunAsync([]), variable, text);
            _environment[variable] = null;
            await BeginAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Variables))]
    public async Task Nothing_is_said_of_what_a_variable_was_given_in_error(string variable)
    {
        foreach (var text in Misplaced)
        {
            await BeginAsync();
            // Else nobody looks for what the others name.
            if (variable is "AWS_PROFILE" or "AWS_WEB_IDENTITY_TOKEN_FILE" or "AWS_SHARED_CREDENTIALS_FILE" or "AWS_CONFIG_FILE")
            {
                _environment["AWS_ACCESS_KEY_ID"] = null;
            }

            _environment[variable] = text;
            AssertClean(await RunAsync([]), variable, text);
            _environment[variable] = null;
        }
    }

    // In a process of its own: the SDK reads them once in a process's life.
    [Fact]
    public async Task Nothing_is_said_of_what_the_variables_of_the_SDK_were_given_in_error()
    {
        await BeginAsync();
        foreach (var (variable, at) in OfTheSdk.Select((v, i) => (v, i)))
        {
            _environment[variable] = Misplaced[at % Misplaced.Length];
        }

        var (_, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, (await DatabaseAsync()).ConnectionString, ["--max-duration", "1"]);
        AssertClean(output + errors, "variables of the SDK", "all");
    }

    // Likewise. They are read only where something is sent.
    [Fact]
    public async Task Nothing_is_said_of_what_the_variables_of_OpenTelemetry_were_given_in_error()
    {
        await BeginAsync();
        string[] variables =
        [
            "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER",
            "OTEL_TRACES_SAMPLER_ARG", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_SEMCONV_STABILITY_OPT_IN", "OTEL_SPAN_LINK_COUNT_LIMIT",
        ];
        foreach (var text in Misplaced)
        {
            var environment = variables.ToDictionary(v => v, _ => text);
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1";
            var (_, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, (await DatabaseAsync()).ConnectionString, ["--max-duration", "1", "--retry-for", "0"], environment: environment);
            AssertClean(output + errors, "variables of OpenTelemetry", text);
            Assert.DoesNotContain("Unexpected", output + errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task And_this_would_notice()
    {
        await BeginAsync();
        Assert.Contains("canary-queue", await RunAsync(["--queue", "canary-queue"]), StringComparison.Ordinal);
        Assert.True(Flags.Count > 30 && Variables.Count > 15, $"{Flags.Count} flags and {Variables.Count} variables were found.");
    }

    /// <summary>All that would do, but for a queue that is not there.</summary>
    private async Task BeginAsync()
    {
        // What another test has left in the log is not this one's.
        s_read = servers.Postgres.LogPath is { } log && File.Exists(log) ? new FileInfo(log).Length : 0;
        foreach (var (name, value) in new[]
        {
            ("LOGINETL_QUEUE", "nowhere"), ("LOGINETL_KEYSET", $"file:{_keys.Folder}"), ("LOGINETL_DATABASE", (await DatabaseAsync()).ConnectionString),
            ("LOGINETL_ON_CONFLICT", "Skip"), ("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL_SQS", servers.SqsEndpoint.AbsoluteUri),
            ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true"),
        })
        {
            _environment[name] = value;
        }
    }

    private async Task<TestDatabase> DatabaseAsync()
    {
        s_database ??= await TestDatabase.InitializedAsync(servers, "CREATE TABLE user_logins (user_id varchar(128) UNIQUE, device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)");
        return s_database;
    }

    private static TestDatabase? s_database;

    // What Program does, with the streams in hand.
    private static async Task<string> RunAsync(string[] flags)
    {
        var command = WorkerCommand.Create(TestDatabase.Token);
        var parsed = command.Parse(flags);
        if (parsed.Errors.Count > 0)
        {
            return string.Join('\n', parsed.Errors.Select(WorkerCommand.Say));
        }

        var (output, log) = (new StringWriter(), new StringWriter());
        await new WorkerRun(command.Settings, parsed, output, log, TestDatabase.Token).RunAsync();
        return $"{output}{log}";
    }

    private void AssertClean(string said, string setting, string text)
    {
        Assert.NotEqual("", said.Trim());
        Assert.False(Canary().IsMatch(said), $"{setting} = {text}: {said}");
        if (servers.Postgres.LogPath is { } log)
        {
            Assert.DoesNotMatch(Canary(), LogEnd(log));
        }
    }

    // What came since the last look; a server that is at work has it open.
    private static string LogEnd(string path)
    {
        using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Min(s_read, log.Length);
        var said = new StreamReader(log).ReadToEnd();
        s_read = log.Position;
        return said;
    }

    private static long s_read;

    [GeneratedRegex("c4nary|canary|203\\.0\\.113\\.77", RegexOptions.IgnoreCase)]
    private static partial Regex Canary();

    [GeneratedRegex("\"((?:AWS|LOGINETL)_[A-Z_]+)\"")]
    private static partial Regex Variable();
}
