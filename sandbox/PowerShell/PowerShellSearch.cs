using System.ComponentModel;
using System.Diagnostics;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.PowerShell;

/// <summary>Finds PowerShell: the pwsh on PATH when it runs and is new enough, else the project's own.</summary>
internal static class PowerShellSearch
{
    // Far longer than a start takes; a pwsh that hangs is not to hang the search.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private const string Mark = "login-etl";

    // A pwsh on PATH may be a launcher, such as that of the dotnet tool, so the process that answers says itself what it is.
    // No double quotes: launchers pass them on wrongly.
    private const string Question = $"('{Mark}', $PSVersionTable.PSVersion, (Get-Process -Id $PID).Path, $PSHOME) -join [char]9";

    /// <summary>Searches this process's PATH.</summary>
    /// <exception cref="SandboxException">There is none on PATH that can be used, and the project's own is not there.</exception>
    public static Task<PowerShellProgram> FindAsync(CancellationToken cancellationToken) =>
        FindAsync(Environment.GetEnvironmentVariable("PATH"), cancellationToken);

    /// <param name="searchPath">Folders, as in PATH.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="SandboxException">There is none on PATH that can be used, and the project's own is not there.</exception>
    public static async Task<PowerShellProgram> FindAsync(string? searchPath, CancellationToken cancellationToken)
    {
        string? passedBy = null;
        if (Executables.Find("pwsh", searchPath) is { } pwsh)
        {
            PowerShellProgram? found = await AskAsync(pwsh, cancellationToken);
            if (found?.Version >= PowerShellProgram.Oldest) return found;
            passedBy = found is null
                ? $"{pwsh} does not run"
                : $"{pwsh} is PowerShell {found.Version}, older than {PowerShellProgram.Oldest}";
        }
        return new PowerShellProgram(Executables.Dotnet, [ProjectPackages.PowerShell], ProjectPackages.PowerShellVersion) { PassedBy = passedBy };
    }

    /// <summary>Null when it does not answer.</summary>
    private static async Task<PowerShellProgram?> AskAsync(string pwsh, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(pwsh, ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", Question])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SandboxEnvironment.RemoveFrom(start);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(AnswerTimeout);
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            // Read, so that it cannot fill up.
            Task<string> errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            await errors;
            return Read(await output);
        }
        catch (OperationCanceledException)
        {
            process!.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            // It is no program, or ended before its input was closed.
            return null;
        }
        finally
        {
            process?.Dispose();
        }
    }

    private static PowerShellProgram? Read(string output)
    {
        string[]? said = output.Split('\n').Select(line => line.TrimEnd('\r').Split('\t'))
            .FirstOrDefault(fields => fields is [Mark, _, _, _]);
        if (said is null || !Version.TryParse(said[1].Split('-')[0], out Version? version)) return null;
        bool byDotnet = Path.GetFileNameWithoutExtension(said[2]).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new PowerShellProgram(said[2], byDotnet ? [Path.Combine(said[3], "pwsh.dll")] : [], version);
    }
}
