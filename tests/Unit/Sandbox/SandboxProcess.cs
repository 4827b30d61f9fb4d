using System.Diagnostics;
using System.Globalization;
using System.Text;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Sandbox;

/// <summary>The sandbox as a person starts it, with a temp folder of its own to look for leftovers in.</summary>
internal sealed class SandboxProcess : IDisposable
{
    // The first start installs packages.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="arguments">Its command line.</param>
    public SandboxProcess(params string[] arguments)
        : this(TestPostgres.Options.Major, arguments)
    {
    }

    /// <param name="postgres">The version of PostgreSQL; null for the newest.</param>
    /// <param name="arguments">Its command line.</param>
    public SandboxProcess(int? postgres, string[] arguments)
    {
        TempFolder = Directory.CreateTempSubdirectory("login-etl-test-").FullName;
        // Root's servers run under another account, which must get through.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(TempFolder, File.GetUnixFileMode(TempFolder) | UnixFileMode.OtherExecute);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LoginEtl.Sandbox.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = TempFolder;
        start.Environment["LOGINETL_SANDBOX_POSTGRES"] = postgres?.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string TempFolder { get; }

    public int ProcessId => _process.Id;

    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    /// <summary>The folders that the sandbox made and has not removed.</summary>
    public string[] Leftovers => Directory.GetDirectories(TempFolder, "login-etl-sandbox-*");

    public async Task WaitForAsync(string text, CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); !Output.Contains(text, StringComparison.Ordinal);)
        {
            if (_process.HasExited) throw new InvalidOperationException($"The sandbox ended early: {Output}");
            if (clock.Elapsed > Limit) throw new TimeoutException($"The sandbox did not say '{text}' within {Limit.TotalMinutes} min: {Output}");
            await Task.Delay(50, cancellationToken);
        }
    }

    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        Directory.Delete(TempFolder, recursive: true);
    }

    private void Take(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
