using System.Diagnostics;
using System.Text.Json;
using LoginEtl.Aws;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using LoginEtl.Worker;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>What becomes of a run when nobody can be told of it.</summary>
public sealed class OutputTests(ServersFixture servers) : IDisposable
{
    // A line each is more than a pipe holds (65,536 bytes on Linux).
    private const int ManyRejects = 800;

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    [InlineData("2>&1 >/dev/null | true")]
    [InlineData(">/dev/full 2>&1")]
    [InlineData(">&- 2>&-")]
    public async Task Standard_error_that_takes_nothing_ends_no_run(string redirection)
    {
        var (queue, database) = await ReadyAsync("{}");
        var (exitCode, _, _) = await RunAsync(queue, database, redirection);
        Assert.Equal(2, exitCode);
        Assert.Equal((1, 1), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine")));
        Assert.Equal((0, 0), await queue.CountsAsync());
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    public async Task Receipt_that_standard_output_does_not_take_goes_to_standard_error(string redirection)
    {
        var (queue, database) = await ReadyAsync("{}");
        var (exitCode, _, errors) = await RunAsync(queue, database, redirection);
        Assert.Equal(2, exitCode);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("login-etl: Standard output could not be written to. This was for it:", lines);
        Assert.Equal(1, JsonDocument.Parse(lines[^1]).RootElement.GetProperty("written").GetInt32());
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_error_that_nobody_reads_stops_no_run()
    {
        var (queue, database) = await ReadyAsync([.. Enumerable.Repeat("{}", ManyRejects)]);
        using var worker = Process.Start(WorkerProgram.Start(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2", "--max-reject-ratio", "1"]))!;
        try
        {
            await worker.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(60), TestDatabase.Token);
            Assert.Equal(2, worker.ExitCode);
            Assert.Equal(ManyRejects, await database.CountAsync("login_etl_quarantine"));
        }
        finally
        {
            worker.Kill();
        }
    }

    [Fact]
    public void What_a_stream_that_nobody_reads_has_not_taken_is_given_back()
    {
        var read = new TaskCompletionSource();
        using var writer = new StandardWriter(_ => read.Task.GetAwaiter().GetResult(), keepsLost: true);
        writer.WriteLine("one");
        writer.Write("two");
        Assert.Equal([$"one{Environment.NewLine}", "two"], writer.Complete(TimeSpan.FromMilliseconds(200)));
        read.SetResult();
    }

    [Fact]
    public void Lines_that_a_full_stream_has_not_taken_are_counted_when_it_takes_some_again()
    {
        var taken = new List<string>();
        var isFull = true;
        using var writer = new StandardWriter(text => taken.Add(isFull ? throw new IOException() : text), keepsLost: false);
        writer.WriteLine("one");
        writer.WriteLine("two");
        SpinWait.SpinUntil(() => writer.Lost == 2, TimeSpan.FromSeconds(5));
        isFull = false;
        writer.WriteLine("three");
        Assert.Empty(writer.Complete(TimeSpan.FromSeconds(5)));
        Assert.Equal(["login-etl: 2 lines before this one could not be written.", "three"], taken.Select(t => t.TrimEnd()));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--nonsense")]
    public async Task What_is_said_before_a_run_breaks_nothing_either(string flag)
    {
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, null, "Host=127.0.0.1", [flag], redirection: ">/dev/full");
        Assert.Equal(flag == "--help" ? 0 : 1, exitCode);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_that_crashes_leaves_no_core_file()
    {
        var pattern = await File.ReadAllTextAsync("/proc/sys/kernel/core_pattern", TestDatabase.Token);
        Assert.SkipUnless(!pattern.StartsWith('|') && !pattern.Contains('/', StringComparison.Ordinal), "This machine puts no core files into the working folder.");
        var folder = Directory.CreateTempSubdirectory("login-etl-core-").FullName;
        try
        {
            // First that there would be one.
            await AbortAsync(new ProcessStartInfo("sleep", ["60"]) { WorkingDirectory = folder });
            Assert.NotEmpty(Directory.GetFiles(folder));
            Array.ForEach(Directory.GetFiles(folder), File.Delete);

            var (queue, database) = await ReadyAsync();
            var start = WorkerProgram.Start(_keys.Folder, queue, database.ConnectionString, ["--wait"]);
            start.WorkingDirectory = folder;
            await AbortAsync(start, until: async () => await database.CountAsync() == 1);
            Assert.Empty(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AbortAsync(ProcessStartInfo start, Func<Task<bool>>? until = null)
    {
        var program = new ProcessStartInfo("/bin/sh", ["-c", "ulimit -c unlimited && exec \"$0\" \"$@\"", start.FileName, .. start.ArgumentList]) { WorkingDirectory = start.WorkingDirectory };
        foreach (var (name, value) in start.Environment)
        {
            program.Environment[name] = value;
        }

        using var process = Process.Start(program)!;
        for (var i = 0; i < 300 && !(until is null ? i > 1 : await until()); i++)
        {
            await Task.Delay(100, TestDatabase.Token);
        }

        // The runtime catches the signals that crashes send itself; the system does the same at this one.
        using var kill = Process.Start("kill", ["-XCPU", $"{process.Id}"]);
        await process.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
        Assert.Equal(128 + 24, process.ExitCode);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(TestQueue queue, TestDatabase database, string redirection) =>
        WorkerProgram.RunAsync(_keys.Folder, queue, database.ConnectionString, ["--drain-window", "0.2"], redirection: redirection);

    private async Task<(TestQueue Queue, TestDatabase Database)> ReadyAsync(params string[] rejects)
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token);
        await sender.SendAsync([Deliveries.Body, .. rejects], TestDatabase.Token);
        return (queue, database);
    }
}
