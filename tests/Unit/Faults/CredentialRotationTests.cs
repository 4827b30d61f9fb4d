using System.Collections.Concurrent;
using System.Globalization;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>AWS credentials that live for seconds. Those of the database are in <see cref="Postgres.PasswordTests"/>.</summary>
public sealed class CredentialRotationTests(SharedLane shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static readonly TimeSpan Rotates = TimeSpan.FromMilliseconds(700);

    // Takes long enough for several keys.
    private static readonly PlannedRun SlowRun = new()
    {
        BatchSize = 10,
        Wire = new WireFaults { Delay = TimeSpan.FromMilliseconds(15) },
        OtherFlags = ["--profile-name", "rotating"],
    };

    [LongRun]
    public async Task Keys_of_a_credential_process_are_asked_for_again_when_they_expire()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The process is a shell script.");
        var folder = Directory.CreateTempSubdirectory("login-etl-keys-");
        try
        {
            var answer = Path.Combine(folder.FullName, "answer.json");
            var script = Path.Combine(folder.FullName, "process.sh");
            await File.WriteAllTextAsync(script, $"cat {answer}\n", Cancelled);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "config"), $"[profile rotating]\ncredential_process = sh {script}\n", Cancelled);
            await RunWithRotationAsync(folder, answer, (key, until) => string.Create(CultureInfo.InvariantCulture,
                $$"""{"Version": 1, "AccessKeyId": "{{key}}", "SecretAccessKey": "secret", "SessionToken": "session", "Expiration": "{{until:yyyy-MM-ddTHH:mm:ss.fffZ}}"}"""));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [LongRun]
    public async Task Keys_that_are_written_anew_into_the_shared_file_are_read_again()
    {
        var folder = Directory.CreateTempSubdirectory("login-etl-keys-");
        try
        {
            await RunWithRotationAsync(folder, Path.Combine(folder.FullName, "credentials"), (key, _) =>
                $"[rotating]\naws_access_key_id = {key}\naws_secret_access_key = secret\naws_session_token = session\n");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task RunWithRotationAsync(DirectoryInfo folder, string file, Func<string, DateTime, string> content)
    {
        await using var scenario = await Scenario.OnAsync(await shared.GetAsync());
        var expiries = new ConcurrentDictionary<string, DateTime>();
        var used = new ConcurrentDictionary<string, bool>();
        // What is signed just in time may arrive a moment late.
        var late = TimeSpan.FromMilliseconds(300);
        scenario.Calls.Accepts = key => used.TryAdd(key, true) || !expiries.TryGetValue(key, out var until) || DateTime.UtcNow < until + late;
        using var over = new CancellationTokenSource();
        Rotate();
        var rotating = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await Task.Delay(Rotates, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Rotate();
            }
        });
        var run = await scenario.RunAsync(SlowRun with
        {
            Environment = new Dictionary<string, string>
            {
                ["AWS_CONFIG_FILE"] = Path.Combine(folder.FullName, "config"),
                ["AWS_SHARED_CREDENTIALS_FILE"] = Path.Combine(folder.FullName, "credentials"),
            },
        });
        await over.CancelAsync();
        await rotating;
        scenario.Calls.Accepts = null;
        Assert.True(run.SaysCompleted, $"{run}\n{string.Join('\n', run.Said.TakeLast(3))}");
        Assert.True(used.Count > 2, $"Only {used.Count} keys were used.");
        await scenario.ProveAsync();

        // Each is valid until a while after its successor is there.
        void Rotate()
        {
            var key = $"AKIA{expiries.Count:0000}";
            var until = DateTime.UtcNow + (Rotates * 2);
            expiries[key] = until;
            File.WriteAllText(file + ".new", content(key, until));
            File.Move(file + ".new", file, overwrite: true);
        }
    }
}
