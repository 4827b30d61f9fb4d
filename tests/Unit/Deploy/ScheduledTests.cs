using System.Diagnostics;
using System.Xml.Linq;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;
using YamlDotNet.Serialization;

namespace LoginEtl.Unit.Deploy;

/// <summary>Units, cron's script, the task, the DAG and the workflow: run where that can be, read where it cannot.</summary>
public sealed class ScheduledTests : IDisposable
{
    private const string Units = "deploy/systemd";

    private static readonly XNamespace s_task = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    private readonly ServersFixture _servers;
    private readonly TestKeys _keys = new();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("login-etl-scheduled-");

    public ScheduledTests(ServersFixture servers)
    {
        _servers = servers;
        _root.CreateSubdirectory("opt");
        _root.CreateSubdirectory("log");
        Install($"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "login-etl.dll")}' \"$@\"");
    }

    public void Dispose()
    {
        _keys.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task Units_are_what_systemd_takes()
    {
        Assert.SkipUnless(Executables.Find("systemd-analyze") is not null, "There is no systemd here to read its units.");
        var units = _root.CreateSubdirectory("units").FullName;
        foreach (var file in Directory.GetFiles(Repository.PathOf(Units), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(units, Path.GetRelativePath(Repository.PathOf(Units), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            // The account is one that is made at installation.
            await File.WriteAllTextAsync(copy, Here(await File.ReadAllTextAsync(file, TestDatabase.Token)).Replace("=login-etl\n", "=root\n", StringComparison.Ordinal), TestDatabase.Token);
        }

        var (code, said) = await RunAsync(new ProcessStartInfo("systemd-analyze", ["verify", .. Directory.GetFiles(units)]) { Environment = { ["SYSTEMD_UNIT_PATH"] = $"{units}:" } });
        Assert.True(code == 0 && !said.Contains(units, StringComparison.Ordinal), said);
    }

    [Fact]
    public async Task What_the_unit_of_a_drain_starts_moves_messages_with_the_variables_of_its_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell stands in for systemd.");
        var unit = Here(await File.ReadAllTextAsync(Repository.PathOf($"{Units}/login-etl-drain.service"), TestDatabase.Token));
        var common = Here(await File.ReadAllTextAsync(Repository.PathOf($"{Units}/login-etl-.service.d/common.conf"), TestDatabase.Token));
        var (database, queue) = await ReadyAsync();
        var (code, said) = await RunAsync(new ProcessStartInfo("/bin/sh", ["-c", $"set -a; . '{Line(common, "EnvironmentFile=")}'; exec {Line(unit, "ExecStart=")}"]));
        Assert.True(code == 2, said);
        Assert.Equal($"{code}", Line(common, "SuccessExitStatus="));
        Assert.Equal(1, await database.CountAsync());
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Cron_starts_one_run_at_a_time_and_tells_of_one_that_failed()
    {
        Assert.SkipUnless(Executables.Find("flock") is not null, "There is no flock here.");
        var script = Path.Combine(_root.FullName, "run.sh");
        await File.WriteAllTextAsync(script, Here(await File.ReadAllTextAsync(Repository.PathOf("deploy/cron/run.sh"), TestDatabase.Token)), TestDatabase.Token);
        var (database, queue) = await ReadyAsync();

        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync(new ProcessStartInfo("/bin/sh", [script]))));
        Assert.All(runs, r => Assert.True(r == (0, ""), $"{r}"));
        Assert.Single(await File.ReadAllLinesAsync(LogOf("receipts.jsonl"), TestDatabase.Token));
        Assert.Contains("missing_field", await File.ReadAllTextAsync(LogOf("login-etl.log"), TestDatabase.Token), StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync());
        Assert.Equal((0, 0), await queue.CountsAsync());

        // The lock has ended with the run.
        await database.RunAsync("DROP TABLE login_etl_key");
        var (code, said) = await RunAsync(new ProcessStartInfo("/bin/sh", [script]));
        Assert.Equal(1, code);
        Assert.Contains(LogOf("login-etl.log"), said, StringComparison.Ordinal);
        Assert.Equal(2, (await File.ReadAllLinesAsync(LogOf("receipts.jsonl"), TestDatabase.Token)).Length);

        // What may pass is tried again, and told where it has gone on for an hour.
        await File.WriteAllTextAsync(Worker, "#!/bin/sh\nexit 75\n", TestDatabase.Token);
        Assert.Equal((0, ""), await RunAsync(new ProcessStartInfo("/bin/sh", [script])));
        File.SetLastWriteTimeUtc(LogOf("ended"), DateTime.UtcNow.AddMinutes(-70));
        (code, said) = await RunAsync(new ProcessStartInfo("/bin/sh", [script]));
        Assert.Equal(75, code);
        Assert.Contains("for an hour", said, StringComparison.Ordinal);

        File.Delete(Worker);
        Assert.Equal(127, (await RunAsync(new ProcessStartInfo("/bin/sh", [script]))).ExitCode);
    }

    [Fact]
    public async Task Windows_gets_a_task_that_starts_no_second_run_and_a_script_that_parses()
    {
        var task = XDocument.Load(Repository.PathOf("deploy/windows/login-etl.xml"), LoadOptions.None).Root!;
        Assert.Equal((s_task + "Task", "1.2"), (task.Name, task.Attribute("version")!.Value));
        Assert.Equal(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], task.Elements().Select(e => e.Name.LocalName));
        Assert.Equal(["Enabled", "StartBoundary", "Repetition"], task.Descendants(s_task + "TimeTrigger").Single().Elements().Select(e => e.Name.LocalName));
        Assert.Equal(("PT5M", "PT1H"), (task.Descendants(s_task + "Interval").Single().Value, task.Descendants(s_task + "ExecutionTimeLimit").Single().Value));
        Assert.Equal("IgnoreNew", task.Descendants(s_task + "MultipleInstancesPolicy").Single().Value);
        Assert.Equal(task.Descendants(s_task + "Principal").Single().Attribute("id")!.Value, task.Element(s_task + "Actions")!.Attribute("Context")!.Value);

        var path = Repository.PathOf("deploy/windows/Register-LoginEtlTask.ps1").Replace("'", "''", StringComparison.Ordinal);
        var (code, said) = await PowerShellHost.RunAsync(
            ["-Command", $"$errors = $null; $null = [System.Management.Automation.Language.Parser]::ParseFile('{path}', [ref] $null, [ref] $errors); $errors; exit $errors.Count"],
            new Dictionary<string, string>(), TestDatabase.Token);
        Assert.Equal((0, ""), (code, said));
    }

    [Fact]
    public async Task Dag_is_Python_and_knows_the_exit_codes()
    {
        var dag = Repository.PathOf("deploy/airflow/login_etl.py");
        var text = await File.ReadAllTextAsync(dag, TestDatabase.Token);
        Assert.All(["max_active_runs=1", "code == 75", "not in (0, 2)"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.SkipUnless(Executables.Find("python3") is not null, "There is no python3 here to parse it.");
        var (code, said) = await RunAsync(new ProcessStartInfo("python3", ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", dag]));
        Assert.Equal((0, ""), (code, said));
    }

    [Fact]
    public async Task Workflow_runs_one_at_a_time_has_no_key_of_AWS_and_knows_the_exit_codes()
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("deploy/github-actions/login-etl.yml"), TestDatabase.Token);
        var workflow = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(text);
        Assert.Equal(["name", "on", "permissions", "concurrency", "jobs"], workflow.Keys);
        Assert.Equal("false", ((Dictionary<object, object>)workflow["concurrency"])["cancel-in-progress"]);
        Assert.Equal("write", ((Dictionary<object, object>)workflow["permissions"])["id-token"]);
        Assert.DoesNotContain("AWS_SECRET", text, StringComparison.Ordinal);
        Assert.All(
            text.Split('\n').Select(l => l.Trim().Split(':')[0]).Where(n => n.StartsWith("LOGINETL_", StringComparison.Ordinal)),
            n => Assert.Contains(n, SettingVariables.Known));

        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell script stands in for the worker.");
        var step = Here(text[(text.IndexOf("run: |", StringComparison.Ordinal) + "run: |".Length)..]);
        foreach (var (code, ends, warns) in new[] { (0, 0, false), (2, 0, true), (75, 0, true), (1, 1, false), (137, 137, false) })
        {
            Install($"exit {code}");
            // As the runner does: bash -e.
            var (ended, said) = await RunAsync(new ProcessStartInfo("bash", ["-e", "-c", step]));
            Assert.Equal((ends, warns), (ended, said.Contains("::warning::", StringComparison.Ordinal)));
        }
    }

    // A login and a body that is none, for the settings of the file that units and cron read.
    private async Task<(TestDatabase Database, TestQueue Queue)> ReadyAsync()
    {
        var database = await TestDatabase.InitializedAsync(_servers);
        var queue = await TestQueue.CreateAsync(_servers);
        await queue.SendAsync(Deliveries.Body);
        await queue.SendAsync("{}");
        var settings = queue.Settings;
        await File.WriteAllTextAsync(
            Path.Combine(_root.FullName, "login-etl.env"),
            $"""
            LOGINETL_QUEUE={queue.Name}
            LOGINETL_KEYSET=file:{_keys.Folder}
            LOGINETL_DATABASE='{database.ConnectionString}'
            LOGINETL_DRAIN_WINDOW=0.5
            AWS_REGION={settings.Region}
            AWS_ENDPOINT_URL_SQS={_servers.SqsEndpoint}
            AWS_ACCESS_KEY_ID={settings.AccessKey}
            AWS_SECRET_ACCESS_KEY={settings.SecretKey!.Reveal()}
            """,
            TestDatabase.Token);
        return (database, queue);
    }

    private string Worker => Path.Combine(_root.FullName, "opt", "login-etl");

    // A worker that is a line of shell.
    private void Install(string line)
    {
        File.Delete(Worker);
        File.WriteAllText(Worker, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Worker, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    // The places of an installation, under the test's folder.
    private string Here(string text) => text
        .Replace("/opt/login-etl/", $"{_root.FullName}/opt/", StringComparison.Ordinal)
        .Replace("/etc/login-etl/", $"{_root.FullName}/", StringComparison.Ordinal)
        .Replace("/var/log/login-etl/", $"{_root.FullName}/log/", StringComparison.Ordinal);

    private string LogOf(string name) => $"{_root.FullName}/log/{name}";

    private static string Line(string unit, string key) => unit.Split('\n').Single(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..];

    private static async Task<(int ExitCode, string Said)> RunAsync(ProcessStartInfo start)
    {
        var (exitCode, output, errors) = await Programs.RunAsync(start, TestDatabase.Token);
        return (exitCode, output + errors);
    }
}
