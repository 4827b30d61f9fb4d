using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The worker, login-etl: the one place that knows its command line.</summary>
internal sealed class WorkerRun(HostProcess process) : IRunHost
{
    public string Name => "the worker";

    // Built with the sandbox, and copied beside it.
    private static string Program => Path.Combine(AppContext.BaseDirectory, "login-etl.dll");

    public Task<RunReceipt> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        string[] flags = ["--queue", settings.Queue, "--keyset", settings.Keyset,
            "--endpoint-url", settings.Endpoint.AbsoluteUri, "--region", settings.Sqs.Region];
        return process.RunAsync(
            $"$ login-etl {string.Join(' ', flags)}", Executables.Dotnet, [Program, .. flags], settings, cancellationToken);
    }
}
