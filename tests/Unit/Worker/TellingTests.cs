using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What whoever runs the worker is told: what it does where, when, how far it is, and whether it could.</summary>
public sealed class TellingTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task First_line_says_what_moves_where_under_which_keys_and_every_line_has_its_time()
    {
        var (queue, database) = await ReadyAsync("{}");
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2"]);

        Assert.Equal(2, exitCode);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S", line));
        Assert.Matches(
            $@"Z LoginEtl \S+ moves the queue {queue.Name} into public\.user_logins at 127\.0\.0\.1:\d+, database \S+, ip under siv1\.\S+ and device_id under siv1\.\S+\.$", lines[0]);
        Assert.Contains(lines, line => line.Contains("Z warning: Message ", StringComparison.Ordinal));
        Assert.Matches($@"Z {queue.Name}: Completed, received 2, 1 written, 0 duplicate, 1 quarantined, 0 returned in \d+\.\d s; balanced$", lines[^1]);
    }

    [Fact]
    public async Task Check_looks_at_all_that_a_run_needs_and_receives_nothing()
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, output, _) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--check"]);

        Assert.Equal(0, exitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches("^(Pass|Warn) [A-Z][A-Za-z ,]+: .", line));
        Assert.All(["Keysets", "Database server", "Table", "Owners", "Key states", "Queue"], name => Assert.Contains(lines, l => l.StartsWith($"Pass {name}: ", StringComparison.Ordinal)));
        Assert.Equal((1, 0), await queue.CountsAsync());
    }

    [Theory]
    [InlineData("--table nowhere", "Fail Table: ")]
    [InlineData("--keyset file:/nowhere", "Fail Keysets: ")]
    [InlineData("--queue none-of-that-name", "Fail Queue: ")]
    [InlineData("--database Host=127.0.0.1;Port=1;Username=u", "Fail Database server: ")]
    public async Task Check_that_fails_is_1_and_the_rest_is_looked_at_all_the_same(string flags, string fails)
    {
        var (queue, database) = await ReadyAsync();
        var (exitCode, output, _) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, [.. flags.Split(' '), "--check"]);
        Assert.Equal(1, exitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith(fails, lines.First(l => l.StartsWith("Fail ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.InRange(lines.Length, 6, 40);
    }

    [Theory]
    [InlineData("/run/notify", "9223372036854775807")]
    [InlineData("/run/notify", "2")]
    [InlineData("LONG", "1000000")]
    [InlineData("no path", "1000000")]
    public async Task Service_manager_that_cannot_be_told_is_no_fault_of_a_run(string socket, string watchdog)
    {
        var (queue, database) = await ReadyAsync();
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = socket.Replace("LONG", $"/{new string('x', 150)}", StringComparison.Ordinal), ["WATCHDOG_USEC"] = watchdog };
        var (exitCode, output, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--max-duration", "2s"], environment: environment);
        Assert.True(exitCode == 0, errors);
        Assert.Contains("\"balanced\":true", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_that_waits_for_its_database_at_the_start_says_so_and_is_stopped_well()
    {
        var (queue, _) = await ReadyAsync();
        using var worker = Process.Start(WorkerProgram.Start(_keys.Folder, queue, "Host=127.0.0.1;Port=1;Username=u;Database=d", ["--wait"]))!;
        var said = "";
        Assert.Equal(0, await StopAsync(worker, async () => said = await worker.StandardError.ReadLineAsync(TestDatabase.Token)));
        Assert.Contains("127.0.0.1:1, database d cannot be reached", said, StringComparison.Ordinal);
        Assert.Contains("and is waited for as long as it takes", said, StringComparison.Ordinal);
        Assert.Contains("\"outcome\":\"stopped\"", await worker.StandardOutput.ReadToEndAsync(TestDatabase.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_that_is_stopped_before_it_has_looked_at_everything_is_1()
    {
        var (queue, _) = await ReadyAsync();
        // It takes connections and says nothing.
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        using var worker = Process.Start(WorkerProgram.Start(_keys.Folder, queue, $"Host=127.0.0.1;Port={port};Username=u;Database=d", ["--check"]))!;
        Assert.Equal(1, await StopAsync(worker, async () => await silent.AcceptTcpClientAsync(TestDatabase.Token)));
        Assert.Contains("stopped before it had looked at everything", await worker.StandardError.ReadToEndAsync(TestDatabase.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_manager_is_told_that_it_is_ready_alive_and_stopping()
    {
        var (queue, database) = await ReadyAsync();
        var path = Path.Combine(_keys.Folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var start = WorkerProgram.Start(_keys.Folder, queue, database.ConnectionString, ["--wait"]);
        (start.Environment["NOTIFY_SOCKET"], start.Environment["WATCHDOG_USEC"]) = (path, "400000");
        using var worker = Process.Start(start)!;
        try
        {
            var told = new List<string>();
            await HearAsync("WATCHDOG=1");
            await HearAsync("READY=1");
            told.Clear();
            await HearAsync("WATCHDOG=1");
            using var signal = Process.Start("kill", ["-TERM", $"{worker.Id}"]);
            await HearAsync("STOPPING=1");
            await worker.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
            Assert.Equal(0, worker.ExitCode);

            async Task HearAsync(string state)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
                while (!told.Contains(state))
                {
                    var buffer = new byte[256];
                    told.Add(Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token)));
                }
            }
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill();
            }
        }
    }

    // By the signal that a supervisor sends, once it has come as far as that.
    private static async Task<int> StopAsync(Process worker, Func<Task> until)
    {
        try
        {
            await until().WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
            using var signal = Process.Start("kill", ["-TERM", $"{worker.Id}"]);
            await worker.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
            return worker.ExitCode;
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill();
            }
        }
    }

    private async Task<(TestQueue Queue, TestDatabase Database)> ReadyAsync(params string[] others)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        foreach (var body in (string[])[Deliveries.Body, .. others])
        {
            await queue.SendAsync(body);
        }

        return (queue, database);
    }
}
