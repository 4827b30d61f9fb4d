using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>Runs a host's program under the keeper, so that it ends with the sandbox, and reads its receipt.</summary>
internal sealed class HostProcess(Keeper keeper, Action<string> show)
{
    /// <summary>A run returns what it holds within 2 s of a stop; the rest is for a program's own start and end.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    /// <summary>Runs to the end, showing each line but the receipt's.</summary>
    /// <param name="shown">The command as a person would type it.</param>
    /// <param name="command">Full path of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="settings">Become its environment.</param>
    /// <param name="cancellationToken">Stops the program, which ends before this throws.</param>
    /// <exception cref="SandboxException">It ended without a receipt.</exception>
    public async Task<RunReceipt> RunAsync(
        string shown, string command, IEnumerable<string> arguments, RunSettings settings, CancellationToken cancellationToken)
    {
        show($"\n  {shown}");
        RunReceipt? receipt = null;
        var start = new ProgramStart("host", command, arguments)
        {
            Environment = settings.ToChildEnvironment(),
            OnLine = line =>
            {
                if (RunReceipt.TryRead(line, out RunReceipt? read)) receipt = read;
                else show($"  {line}");
            },
        };
        KeptProgram program = await keeper.StartProgramAsync(start, cancellationToken);
        try
        {
            ProgramEnd end = await program.Ended.WaitAsync(cancellationToken);
            return receipt is not null
                ? receipt with { ProcessExitCode = end.ExitCode }
                : throw new SandboxException($"{command} ended without a receipt ({end}). Its own words are above.");
        }
        catch (OperationCanceledException)
        {
            await program.StopAsync("SIGTERM", StopGrace, CancellationToken.None);
            throw;
        }
    }
}
