namespace LoginEtl.Unit.Faults;

/// <summary>A line of a lane's PostgreSQL log: what befell a session, told by the server and not by the run.</summary>
/// <param name="State">The SQLSTATE; 00000 where nothing went wrong.</param>
/// <param name="Database">Of the session; empty for the server's own lines.</param>
/// <param name="Application">Of the session; a run's is LoginEtl.</param>
/// <param name="Text">Level and message.</param>
internal sealed record ServerLog(string State, string Database, string Application, string Text)
{
    /// <summary>The server's log_line_prefix.</summary>
    public const string Prefix = "%e|%d|%a|";

    private const string OfRuns = "LoginEtl";
    private const int Parts = 4;

    /// <summary>The session is a run's.</summary>
    public bool IsOfRun => Application == OfRuns;

    /// <summary>A run opens a session, whose name the server has in the message only by then.</summary>
    public bool IsRunConnecting => Text.Contains("connection authorized", StringComparison.Ordinal)
        && Text.Contains($"application_name={OfRuns}", StringComparison.Ordinal);

    /// <summary>The server is told to end as in a crash.</summary>
    public bool IsKill => Text.Contains("received immediate shutdown request", StringComparison.Ordinal);

    /// <summary>Whether a run met it.</summary>
    public static bool RunMet(IReadOnlyList<ServerLog> log, string state) => log.Any(l => l.IsOfRun && l.State == state);

    /// <summary>The server's own lines and those of one database, in their order.</summary>
    public static IReadOnlyList<ServerLog> Read(string path, string database)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. file.ReadToEnd().Split('\n')
            .Select(line => line.Split('|', Parts))
            .Where(parts => parts.Length == Parts && (parts[1].Length == 0 || parts[1] == database))
            .Select(parts => new ServerLog(parts[0], parts[1], parts[2], parts[3]))];
    }
}
