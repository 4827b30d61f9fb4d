using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A folder of npm packages, installed on first use exactly as its lock file says.</summary>
/// <param name="folder">Has package-lock.json in it.</param>
internal sealed class NpmPackages(string folder)
{
    private const int ShownLines = 8;
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>This machine, as packages name it: linux-x64, darwin-arm64, …</summary>
    public static string Platform
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    public string Folder => folder;

    private string Stamp => Path.Combine(folder, "node_modules", ".sandbox-stamp");

    /// <summary>Runs npm ci unless the installed packages are those of the lock file. One process at a time.</summary>
    /// <param name="before">Called when it has to be run, which takes long.</param>
    /// <param name="after">Called when it was run: the last step of the installation.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="SandboxException">Node.js or npm is missing, or npm failed.</exception>
    public async Task InstallAsync(Action? before, Action? after, CancellationToken cancellationToken)
    {
        string wanted = await WantedStampAsync(cancellationToken);
        if (IsInstalled(wanted)) return;
        await NodeInstallation.RequireVersionAsync(cancellationToken);
        using FileStream exclusive = await LockAsync(cancellationToken);
        if (IsInstalled(wanted)) return;

        before?.Invoke();
        await RunNpmAsync(cancellationToken);
        after?.Invoke();
        // npm makes none where no package is for this platform.
        Directory.CreateDirectory(Path.GetDirectoryName(Stamp)!);
        await File.WriteAllTextAsync(Stamp, wanted, cancellationToken);
    }

    private bool IsInstalled(string wanted) => File.Exists(Stamp) && File.ReadAllText(Stamp) == wanted;

    /// <summary>A stamp of the lock file and the platform: a clone shared between machines is installed for each.</summary>
    private async Task<string> WantedStampAsync(CancellationToken cancellationToken)
    {
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(folder, "package-lock.json"), cancellationToken);
        return $"{Platform} {Convert.ToHexStringLower(SHA256.HashData(file))}";
    }

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, ".install.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (UnauthorizedAccessException failure)
            {
                throw new SandboxException($"{folder} cannot be written, and the sandbox's servers are not installed " +
                    "there. Make it writable, or run 'npm ci' in it as its owner.", failure);
            }
            catch (IOException)
            {
                // Another process holds it and is installing.
                await Task.Delay(LockRetry, cancellationToken);
            }
        }
    }

    private async Task RunNpmAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(NodeInstallation.Npm)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // PostgreSQL's binaries are optional dependencies, which a user's npm settings may leave out.
        foreach (string argument in new[] { "ci", "--include=optional", "--loglevel=error" })
            start.ArgumentList.Add(argument);
        SandboxEnvironment.RemoveFrom(start);

        using Process npm = Process.Start(start)!;
        npm.StandardInput.Close();
        Task<string>[] output = [npm.StandardOutput.ReadToEndAsync(CancellationToken.None),
            npm.StandardError.ReadToEndAsync(CancellationToken.None)];
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(InstallTimeout);
        try
        {
            await npm.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            npm.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new SandboxException($"npm ci in {folder} took longer than {InstallTimeout.TotalMinutes} minutes. " +
                "Look at npm's registry and proxy settings ('npm config ls') and run this again.");
        }
        if (npm.ExitCode == 0) return;
        string[] lines = string.Concat(await Task.WhenAll(output)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        throw new SandboxException($"npm ci in {folder} failed with exit code {npm.ExitCode}. Look at the network and at " +
            "npm's registry and proxy settings ('npm config ls'), or run it there by hand to see more. It said:\n" +
            string.Join('\n', lines.Take(ShownLines)));
    }
}
