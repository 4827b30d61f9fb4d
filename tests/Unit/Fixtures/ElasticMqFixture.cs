using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

[assembly: AssemblyFixture(typeof(ElasticMqFixture))]

namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// ElasticMQ 0.7.1 on 127.0.0.1, started when the first test asks: a server that speaks SQS's Query protocol and
/// nothing else. It has no FIFO queues and no dead-letter queues. Tests are skipped where Java is missing.
/// </summary>
public sealed class ElasticMqFixture : IAsyncDisposable
{
    private const string Jar = "node_modules/elasticmq/elasticmq-server-0.7.1.jar";
    private const int PortTries = 3;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string?> Java = new(FindJava);
    private readonly Lazy<Task<Uri>> _endpoint;
    private Keeper? _keeper;
    private int _names;

    public ElasticMqFixture() => _endpoint = new(() => Task.Run(StartAsync));

    /// <summary>Where it listens.</summary>
    public async Task<Uri> EndpointAsync()
    {
        Assert.SkipWhen(Java.Value is null, "ElasticMQ needs Java, and no java that runs is on PATH.");
        return await _endpoint.Value;
    }

    /// <summary>A name that no queue has yet; the test creates the queue.</summary>
    public string NewQueueName() =>
        string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref _names)}");

    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null) await _keeper.DisposeAsync();
    }

    private async Task<Uri> StartAsync()
    {
        var packages = new NpmPackages(Repository.PathOf("tests/npm"));
        await packages.InstallAsync(before: null, after: null, CancellationToken.None);
        _keeper = await Keeper.StartAsync(CancellationToken.None);
        for (int tries = 1; ; tries++)
        {
            int port = FreePort.Next();
            KeptProgram server = await _keeper.StartProgramAsync(Program(packages, port), CancellationToken.None);
            if (await IsReadyAsync(server, port)) return new UriBuilder("http", "127.0.0.1", port).Uri;
            if (tries == PortTries) throw new SandboxException($"ElasticMQ did not start; the last try ended with {await server.Ended}.");
        }
    }

    private ProgramStart Program(NpmPackages packages, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        return new ProgramStart("elasticmq", Java.Value!,
        [
            "-Xmx128m",
            // Its web server, of 2013, looks into a private field.
            "--add-opens", "java.base/java.util.regex=ALL-UNNAMED",
            "-Drest-sqs.bind-hostname=127.0.0.1", $"-Drest-sqs.bind-port={number}",
            "-Dnode-address.host=127.0.0.1", $"-Dnode-address.port={number}",
            "-jar", Path.Combine(packages.Folder, Jar),
        ])
        { LogPath = Path.Combine(_keeper!.Folder, "elasticmq.log") };
    }

    private static async Task<bool> IsReadyAsync(KeptProgram server, int port)
    {
        var clock = Stopwatch.StartNew();
        while (!server.Ended.IsCompleted && clock.Elapsed < ReadyTimeout)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }

        return false;
    }

    // macOS has a java that only says where to get one.
    private static string? FindJava()
    {
        if (Executables.Find("java") is not { } java) return null;
        var start = new ProcessStartInfo(java, ["-version"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process asked = Process.Start(start)!;
        asked.StandardError.ReadToEnd();
        asked.WaitForExit();
        return asked.ExitCode == 0 ? java : null;
    }
}
