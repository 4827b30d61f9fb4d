using System.Diagnostics;
using System.Globalization;
using LoginEtl.Aws;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Worker;

/// <summary>Methods and key sources of the worker, in a process of its own.</summary>
public sealed class WorkerMethodTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Methods_come_from_the_flag_and_originals_reach_the_vault()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.NewAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token))
        {
            await sender.SendAsync([Deliveries.Body, Deliveries.Body], TestDatabase.Token);
        }

        var (exitCode, errors) = await RunAsync(
            queue, database.ConnectionString, ["--initialize", "--method", "ip=pfx,device_id=escrow", "--drain-window", "0.2"], method: "ip=mac");
        Assert.True(exitCode == 0, errors);
        Assert.Equal(2, await database.CountAsync("user_logins u JOIN login_etl_vault v ON v.token = u.masked_device_id WHERE u.masked_ip LIKE 'pfx1.%'"));
        Assert.Equal(1, await database.CountAsync("login_etl_vault"));
    }

    [Fact]
    public async Task Table_is_made_and_written_with_the_names_of_columns_that_the_flag_gives()
    {
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.NewAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token))
        {
            await sender.SendAsync([Deliveries.Body], TestDatabase.Token);
        }

        var (exitCode, errors) = await RunAsync(
            queue, database.ConnectionString, ["--initialize", "--column-name", "masked_ip=hashed_ip,create_date=Logged At", "--drain-window", "0.2"], null);
        Assert.True(exitCode == 0, errors);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE hashed_ip LIKE 'siv1.%' AND \"Logged At\" IS NOT NULL"));
    }

    [Fact]
    public async Task Keys_and_database_come_from_programs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are of Unix systems.");
        var queue = await TestQueue.CreateAsync(servers);
        var database = await TestDatabase.NewAsync(servers);
        await using (var sender = await new SqsConnector().SendToAsync(queue.Settings, TestDatabase.Token))
        {
            await sender.SendAsync([Deliveries.Body], TestDatabase.Token);
        }

        var members = Directory.GetFiles(_keys.Folder, "*.json").Select(f => $"\"{Path.GetFileNameWithoutExtension(f)}\":{File.ReadAllText(f)}");
        var (keys, dsn) = (Path.Combine(_keys.Folder, "all"), Path.Combine(_keys.Folder, "dsn"));
        await File.WriteAllTextAsync(keys, $"{{{string.Join(',', members)}}}", TestDatabase.Token);
        await File.WriteAllTextAsync(dsn, $"{database.ConnectionString}\n", TestDatabase.Token);
        string[] flags = ["--keyset", $"exec:cat {keys}", "--initialize", "--drain-window", "0.2"];
        var (exitCode, errors) = await RunAsync(queue, $"exec:/bin/cat '{dsn}'", flags, null);
        Assert.True(exitCode == 0, errors);
        Assert.Equal(1, await database.CountAsync("user_logins"));
        var (checkedCode, output, said) = await WorkerProgram.RunAsync(_keys.Folder, queue, $"exec:cat {dsn}", [.. flags, "--check"]);
        Assert.True(checkedCode == 0, output + said);
        Assert.Contains("Keysets: exec:cat masks and seals.", output, StringComparison.Ordinal);
        Assert.DoesNotContain(_keys.Folder, errors + output + said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--keyset")]
    [InlineData("--database")]
    public async Task Worker_that_waits_for_a_program_stops_at_once_and_ends_it(string flag)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The program is a shell.");
        var mark = Path.Combine(_keys.Folder, "waits");
        var start = WorkerProgram.Start(_keys.Folder, null, "Host=127.0.0.1;Port=1", [flag, $"exec:sh -c 'echo $$ > {mark}.part; mv {mark}.part {mark}; exec sleep 300'"]);
        start.Environment["LOGINETL_QUEUE"] = "none";
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var worker = Process.Start(start)!;
        try
        {
            for (var tries = 0; !File.Exists(mark) && tries < 600; tries++)
            {
                await Task.Delay(50, TestDatabase.Token);
            }

            using var program = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(mark, TestDatabase.Token), CultureInfo.InvariantCulture));
            using (var signal = Process.Start("kill", ["-TERM", $"{worker.Id}"]))
            {
                await signal.WaitForExitAsync(TestDatabase.Token);
            }

            var output = await worker.StandardOutput.ReadToEndAsync(TestDatabase.Token);
            await worker.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(20), TestDatabase.Token);
            Assert.Contains("\"outcome\":\"stopped\"", output, StringComparison.Ordinal);
            Assert.Equal(0, worker.ExitCode);
            await program.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(20), TestDatabase.Token);
        }
        finally
        {
            if (!worker.HasExited)
            {
                worker.Kill(entireProcessTree: true);
            }
        }
    }

    [Theory]
    [InlineData("--database exec:false", null, "SecretUnreadable: The program 'false' gave no secret: it ended with exit code 1.")]
    [InlineData("--keyset exec:true", null, "SecretUnreadable: The program 'true' gave no secret: it printed nothing.")]
    [InlineData("--method device_id=pfx", null, "methods")]
    [InlineData("", "ip=sha256", "methods")]
    [InlineData("--keyset secret:Vault/Name", null, "not PowerShell")]
    [InlineData("--column-name ip=hashed_ip", null, "names of columns")]
    public async Task Setting_that_cannot_be_is_one_line_and_exit_code_1(string flags, string? method, string said)
    {
        var (exitCode, errors) = await RunAsync(null, "Host=127.0.0.1;Port=1", flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), method);
        Assert.Equal(1, exitCode);
        Assert.Contains(said, errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<(int ExitCode, string Errors)> RunAsync(TestQueue? queue, string database, string[] flags, string? method)
    {
        var (exitCode, _, errors) = await WorkerProgram.RunAsync(_keys.Folder, queue, database, flags, method);
        return (exitCode, errors);
    }
}
