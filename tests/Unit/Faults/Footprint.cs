using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace LoginEtl.Unit.Faults;

/// <summary>What a process takes at a moment.</summary>
/// <param name="Messages">Received by then.</param>
/// <param name="Megabytes">Of memory that is its own.</param>
/// <param name="Handles">Open files and sockets.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Sessions">At the database.</param>
internal sealed record Footprint(long Messages, double Megabytes, int Handles, int Threads, int Sessions)
{
    public static async Task<Footprint> OfAsync(int processId, long messages, string database)
    {
        using var process = Process.GetProcessById(processId);
        return new Footprint(
            messages, process.WorkingSet64 / 1048576.0, Directory.GetFiles($"/proc/{processId}/fd").Length, process.Threads.Count, await SessionsAsync(database));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Messages} messages: {Megabytes:0} MB, {Handles} handles, {Threads} threads, {Sessions} sessions");

    private static async Task<int> SessionsAsync(string database)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false, ApplicationName = "Footprint" }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'LoginEtl'", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
