using System.Diagnostics;
using LoginEtl.Sandbox.Servers;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>A file system of a few megabytes in memory, as a tablespace of a lane's PostgreSQL: one that can be filled.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Size = "8m";
    private const string Filler = "filler";

    private readonly FaultLane _lane;
    private readonly string _name;
    private readonly string _folder;

    private SmallDisk(FaultLane lane)
    {
        (_lane, _name) = (lane, lane.NewName("disk_"));
        _folder = Path.Combine(lane.Folder, _name);
    }

    /// <summary>Mounts one.</summary>
    public static async Task<SmallDisk> MountAsync(FaultLane lane)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounting a file system takes root on Linux.");
        var disk = new SmallDisk(lane);
        Directory.CreateDirectory(disk._folder);
        var account = UnprivilegedAccount.ForServers()!;
        var failure = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size},mode=700,uid={account.UserId},gid={account.GroupId}", "tmpfs", disk._folder);
        Assert.SkipWhen(failure.Contains("permission denied", StringComparison.OrdinalIgnoreCase), "Root may not mount a file system here, as in many containers.");
        Assert.Equal("", failure);
        try
        {
            await disk.ExecuteAsync($"CREATE TABLESPACE {disk._name} LOCATION '{disk._folder}'");
            return disk;
        }
        catch
        {
            await disk.UnmountAsync();
            throw;
        }
    }

    /// <summary>Moves a table of the scenario here, empty as it is, and leaves it no page to grow by.</summary>
    public async Task CrowdAsync(Scenario scenario, string table)
    {
        await scenario.ExecuteAsync($"ALTER TABLE {table} SET TABLESPACE {_name}");
        // One row a page: it is neither compressed nor kept elsewhere.
        await scenario.ExecuteAsync($"CREATE TABLE {Filler} (page text) TABLESPACE {_name}; ALTER TABLE {Filler} ALTER page SET STORAGE PLAIN");
        for (var pages = 256; pages > 0;)
        {
            try
            {
                await scenario.ExecuteAsync($"INSERT INTO {Filler} SELECT repeat('x', 7000) FROM generate_series(1, {pages})");
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DiskFull)
            {
                pages /= 2;
            }
        }
    }

    /// <summary>Makes room again.</summary>
    public static Task FreeAsync(Scenario scenario) => scenario.ExecuteAsync($"DROP TABLE {Filler}");

    public async ValueTask DisposeAsync()
    {
        try
        {
            await ExecuteAsync($"DROP TABLESPACE {_name}");
        }
        finally
        {
            await UnmountAsync();
        }
    }

    // Lazily: servers before 15 keep files open that are dropped.
    private async Task UnmountAsync() => Assert.Equal("", await RunAsync("umount", "--lazy", _folder));

    // Unpooled, and in no database of a scenario's: those go before the disk does.
    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_lane.Postgres.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What the program says has gone wrong.</summary>
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? "" : $"{program}: exit code {process.ExitCode}. {said}";
    }
}
