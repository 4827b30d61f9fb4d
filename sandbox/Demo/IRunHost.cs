namespace LoginEtl.Sandbox.Demo;

/// <summary>A program in which LoginEtl runs.</summary>
internal interface IRunHost
{
    /// <summary>What it is, for people: PowerShell 7.6.5, or the worker.</summary>
    string Name { get; }

    /// <summary>Runs until the queue is drained. Cancelling stops it well, and waits for that.</summary>
    /// <exception cref="Servers.SandboxException">The program ended without a receipt.</exception>
    Task<RunReceipt> RunAsync(RunSettings settings, CancellationToken cancellationToken);
}
