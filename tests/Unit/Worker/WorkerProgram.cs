using System.Diagnostics;
using LoginEtl.Unit.Postgres;
using LoginEtl.Unit.Sqs;

namespace LoginEtl.Unit.Worker;

/// <summary>The worker as a user starts it.</summary>
internal static class WorkerProgram
{
    /// <summary>Runs it to its end; all that it said.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string keys, TestQueue? queue, string database, string[] flags, string? method = null)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "login-etl.dll"), .. flags])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var settings = queue?.Settings;
        foreach (var (name, value) in new[]
        {
            ("LOGINETL_QUEUE", queue?.Name ?? "queue"), ("LOGINETL_KEYSET", $"file:{keys}"), ("LOGINETL_DATABASE", database), ("LOGINETL_METHOD", method),
            ("AWS_REGION", settings?.Region ?? "us-east-1"), ("AWS_ENDPOINT_URL_SQS", settings?.EndpointUrl?.AbsoluteUri ?? "http://127.0.0.1:1"),
            ("AWS_ACCESS_KEY_ID", settings?.AccessKey ?? "test"), ("AWS_SECRET_ACCESS_KEY", settings?.SecretKey?.Reveal() ?? "test"),
        })
        {
            start.Environment[name] = value;
        }

        using var worker = Process.Start(start)!;
        try
        {
            var output = worker.StandardOutput.ReadToEndAsync(TestDatabase.Token);
            var errors = await worker.StandardError.ReadToEndAsync(TestDatabase.Token);
            await worker.WaitForExitAsync(TestDatabase.Token);
            return (worker.ExitCode, await output, errors);
        }
        finally
        {
            // A test that is cancelled leaves nothing behind.
            if (!worker.HasExited)
            {
                worker.Kill();
            }
        }
    }
}
