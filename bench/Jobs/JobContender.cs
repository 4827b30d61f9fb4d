using System.Diagnostics;
using LoginEtl.Sandbox.Servers;
using Npgsql;

namespace LoginEtl.Bench.Jobs;

/// <summary>A program that does the job.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Messages">How many it is given; null where it ends when the queue is drained.</param>
/// <param name="Start">How it is started, for an endpoint, a queue, a connection string and a folder of keys.</param>
internal sealed record JobContender(string Name, int? Messages, Func<Uri, string, string, string, ProcessStartInfo> Start)
{
    /// <summary>This build's worker.</summary>
    public static string ThisWorker => Path.Combine(AppContext.BaseDirectory, "login-etl.dll");

    /// <param name="name">As the table shows it.</param>
    /// <param name="messages">How many it is given; null where it ends when the queue is drained.</param>
    /// <param name="program">Some build's <c>login-etl.dll</c>.</param>
    public static JobContender Worker(string name, int? messages, string program) => new(name, messages, (endpoint, queue, connection, keys) =>
        WithSecrets(connection, new ProcessStartInfo("dotnet",
        [
            program, "--queue", queue, "--keyset", $"file:{keys}", "--endpoint-url", endpoint.AbsoluteUri, "--region", "us-east-1", "--log-level", "Error",
            .. messages is null ? (string[])["--drain-window", "1"] : ["--max-messages", $"{messages}"],
        ])));

    /// <summary>The three cmdlets in a pipeline.</summary>
    /// <param name="name">As the table shows it.</param>
    /// <param name="messages">How many it is given.</param>
    /// <param name="pwsh">The program.</param>
    /// <param name="module">Path of the manifest.</param>
    public static JobContender PowerShell(string name, int messages, string pwsh, string module) => new(name, messages, (endpoint, queue, connection, keys) =>
    {
        string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        // Exits as the worker does where some went to quarantine.
        return WithSecrets(connection, new ProcessStartInfo(pwsh,
        [
            "-NoLogo", "-NoProfile", "-NonInteractive", "-Command",
            $"$ErrorActionPreference = 'Stop'; Import-Module {Quoted(module)}; Receive-LoginMessage {Quoted(queue)} -EndpointUrl {endpoint} -Region us-east-1 -MaxMessages {messages} -WarningAction Ignore | Protect-LoginPii -Keyset {Quoted(keys)} | Write-LoginRecord -WarningAction Ignore -InformationAction Ignore",
        ]));
    });

    public static JobContender Script(string name, string python, string script, int messages, string[] more) => new(name, messages, (endpoint, queue, connection, _) =>
    {
        var database = new NpgsqlConnectionStringBuilder(connection);
        return new ProcessStartInfo(python,
        [
            Path.Combine(AppContext.BaseDirectory, "contenders", script), endpoint.AbsoluteUri, queue, $"{messages}",
            $"host={database.Host} port={database.Port} user={database.Username} password={database.Password} dbname={database.Database}", .. more,
        ]);
    });

    /// <summary>Node's sqs-consumer and pg.</summary>
    /// <param name="messages">How many it is given.</param>
    /// <param name="node">The program.</param>
    /// <param name="consumers">At once.</param>
    public static async Task<JobContender> NodeAsync(int messages, string node, int consumers)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "contenders", "node");
        await new NpmPackages(folder).InstallAsync(null, null, default);
        return new("Node", messages, (endpoint, queue, connection, _) =>
        {
            var database = new NpgsqlConnectionStringBuilder(connection);
            var url = $"postgresql://{Uri.EscapeDataString(database.Username!)}:{Uri.EscapeDataString(database.Password!)}@{database.Host}:{database.Port}/{database.Database}";
            return new ProcessStartInfo(node, [Path.Combine(folder, "job.mjs"), endpoint.AbsoluteUri, queue, $"{messages}", url, $"{consumers}"]);
        });
    }

    private static ProcessStartInfo WithSecrets(string connection, ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.Environment["LOGINETL_DATABASE"] = connection;
        (start.Environment["AWS_ACCESS_KEY_ID"], start.Environment["AWS_SECRET_ACCESS_KEY"]) = ("bench", "bench");
        return start;
    }
}
