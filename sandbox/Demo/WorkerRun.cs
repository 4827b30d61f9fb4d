using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The worker, login-etl: the one place that knows its command line.</summary>
internal sealed class WorkerRun(HostProcess process) : IRunHost
{
    public string Name => "the worker";

    // Built with the sandbox, and copied beside it.
    private static string Program => Path.Combine(AppContext.BaseDirectory, "login-etl.dll");

    // `dotnet run` says which one it is itself.
    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path
        ? path
        : Executables.Find("dotnet") ?? throw new SandboxException("dotnet is not on PATH, and the worker runs with it. " +
            "Put the .NET SDK's folder on PATH and run this again.");

    public Task<RunReceipt> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        string[] flags = ["--queue", settings.Queue, "--keyset", settings.Keyset,
            "--endpoint-url", settings.Endpoint.AbsoluteUri, "--region", settings.Sqs.Region];
        return process.RunAsync(
            $"$ login-etl {string.Join(' ', flags)}", Dotnet, [Program, .. flags], settings, cancellationToken);
    }
}
