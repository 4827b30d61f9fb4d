using System.Diagnostics;
using System.Text;

namespace LoginEtl.Unit.Fixtures;

/// <summary>Programs that are run to their end, and read meanwhile.</summary>
internal static class Programs
{
    /// <summary>Runs it.</summary>
    /// <param name="start">How it is started; its streams are read here.</param>
    /// <param name="cancellationToken">Ends it, and what it has started.</param>
    /// <param name="said">Is given each line of standard output as it comes; may be null.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        ProcessStartInfo start, CancellationToken cancellationToken, Action<string>? said = null)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = ReadAsync(process.StandardOutput, said, cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<string> ReadAsync(StreamReader output, Action<string>? said, CancellationToken cancellationToken)
    {
        if (said is null)
        {
            return await output.ReadToEndAsync(cancellationToken);
        }

        var text = new StringBuilder();
        while (await output.ReadLineAsync(cancellationToken) is { } line)
        {
            said(line);
            text.AppendLine(line);
        }

        return text.ToString();
    }
}
