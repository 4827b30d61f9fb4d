namespace LoginEtl.Sandbox.Servers;

/// <summary>How a private PostgreSQL runs. The default is as durable as PostgreSQL's own (fsync on).</summary>
public sealed record PostgresOptions
{
    /// <summary>
    /// Turns full_page_writes off, which no test here can tell, and has tables looked after once an hour: with a database for
    /// every test, autovacuum would start a worker ten times a second. fsync and the rest stay on.
    /// </summary>
    public bool Fast { get; init; }

    /// <summary>PostgreSQL's log_statement: none, ddl, mod or all.</summary>
    public string LogStatement { get; init; } = "none";

    /// <summary>Further server settings by name, which win over the sandbox's own.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The major version, as 16: the npm package's, else Debian's. Null takes the newest package, else Debian's newest.
    /// </summary>
    public required int? Major { get; init; }

    /// <summary>Is told, in one line each, of what takes long (the first npm ci).</summary>
    public Action<string>? Report { get; init; }

    /// <summary>The settings as postgres' command line takes them.</summary>
    internal IEnumerable<string> CommandLine(int port)
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = PostgresServer.LoopbackHost,
            ["port"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = "",
            // Segments in the data folder go with it; those in /dev/shm outlive a kill -9.
            ["dynamic_shared_memory_type"] = OperatingSystem.IsWindows() ? "windows" : "mmap",
            ["max_connections"] = "200",
            ["log_statement"] = LogStatement,
            ["log_line_prefix"] = "%m [%p] %d ",
            ["full_page_writes"] = Fast ? "off" : "on",
        };
        if (Fast) settings["autovacuum_naptime"] = "1h";
        foreach ((string name, string value) in Settings) settings[name] = value;
        return settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" });
    }
}
