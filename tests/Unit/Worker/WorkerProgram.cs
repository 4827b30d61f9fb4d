using System.Diagnostics;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;

namespace LoginEtl.Unit.Worker;

/// <summary>The worker as a user starts it.</summary>
internal static class WorkerProgram
{
    /// <summary>Runs it to its end; all that it said.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string keys, TestQueue? queue, string database, string[] flags, string? method = null, string redirection = "",
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = Start(keys, queue, database, flags, method);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        if (redirection.Length > 0)
        {
            // The last in a pipe would tell its own exit code.
            var (program, arguments) = (start.FileName, start.ArgumentList.ToArray());
            start.FileName = "/bin/sh";
            start.ArgumentList.Clear();
            foreach (var argument in (string[])["-c", $"{{ {{ \"$0\" \"$@\"; echo $? >&3; }} {redirection}; }} 3>&1 | {{ read code; exit $code; }}", program, .. arguments])
            {
                start.ArgumentList.Add(argument);
            }
        }

        return await Programs.RunAsync(start, TestDatabase.Token);
    }

    /// <summary>How it is started, with all that it says to be read.</summary>
    public static ProcessStartInfo Start(string keys, TestQueue? queue, string database, string[] flags, string? method = null)
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

        return start;
    }
}
