using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// An SQS server on 127.0.0.1 that speaks AWS JSON 1.0: a private one with its queues in memory, or an existing one.
/// </summary>
public sealed class SqsServer : IAsyncDisposable
{
    private const int PortTries = 5;
    private readonly NodeScript? _script;

    private SqsServer(Uri endpoint, NodeScript? script) => (EndpointUrl, _script) = (endpoint, script);

    /// <summary>Where to send requests; kept over a stop and a start.</summary>
    public Uri EndpointUrl { get; }

    /// <summary>The region of its queues.</summary>
    public string Region { get; } = "us-east-1";

    /// <summary>A made-up access key: the server verifies no signature.</summary>
    public string AccessKey { get; } = "sandbox";

    /// <summary>A made-up secret key: the server verifies no signature.</summary>
    public string SecretKey { get; } = "sandbox";

    /// <summary>False for an existing server, which the sandbox neither stops nor starts.</summary>
    public bool IsPrivate => _script is not null;

    /// <summary>Makes a private server: installs the packages on first use, then under a second.</summary>
    /// <param name="report">Is told when the packages are being installed, which takes long.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="SandboxException">Node.js or npm is missing, or the server did not start.</exception>
    public static async Task<SqsServer> StartAsync(Action<string>? report, CancellationToken cancellationToken)
    {
        await ServerPackages.InstallAsync(report, cancellationToken);
        NodeScript script = NodeScript.Start("sqs.mjs", []);
        try
        {
            for (int tries = 1; ; tries++)
            {
                var server = new SqsServer(new UriBuilder("http", PostgresServer.LoopbackHost, FreePort.Next()).Uri, script);
                try
                {
                    await server.StartAsync(cancellationToken);
                    return server;
                }
                catch (SandboxException failure)
                    when (tries < PortTries && failure.Message.Contains("EADDRINUSE", StringComparison.Ordinal))
                {
                    // Someone bound the port since it was found free.
                }
            }
        }
        catch
        {
            await script.DisposeAsync();
            throw;
        }
    }

    /// <summary>An existing server, as it is.</summary>
    public static SqsServer Existing(Uri endpoint) => new(endpoint, null);

    /// <summary>Starts a stopped private server again, on the same port with the same queues and messages.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => Script.AskAsync(
        "start", new JsonObject { ["port"] = EndpointUrl.Port, ["region"] = Region }, cancellationToken);

    /// <summary>An outage of a private server: connections break and are refused; queues and messages are kept.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) =>
        Script.AskAsync("stop", [], cancellationToken);

    /// <summary>Ends a private server and forgets its queues; leaves an existing one alone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_script is not null) await _script.DisposeAsync();
    }

    private NodeScript Script =>
        _script ?? throw new InvalidOperationException("An existing server is not the sandbox's to stop or start.");
}
