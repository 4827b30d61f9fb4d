using System.Text.Json;
using LoginEtl.Faults;
using LoginEtl.Sandbox.Servers;
using Npgsql;

namespace LoginEtl.Sandbox.Demo;

/// <summary>The command line: options in, exit code out, and nothing left behind.</summary>
internal static class DemoProgram
{
    private const int Failed = 1;
    private const int WrongOption = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        DemoOptions options;
        try
        {
            options = DemoOptions.Parse(arguments);
        }
        catch (FormatException wrong)
        {
            await Console.Error.WriteLineAsync($"{wrong.Message} Run with --help to see the options.");
            return WrongOption;
        }

        if (options.OnlyHelp)
        {
            Console.WriteLine(DemoOptions.Help);
            return 0;
        }
        if (options.OnlySamples)
        {
            foreach (string body in SampleMessages.Create(options.Count)) Console.WriteLine(body);
            return 0;
        }

        using var signals = new StopSignals();
        try
        {
            return options.OnlyServers ? await ServeAsync(signals) : await RunAsync(options, signals);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return signals.ExitCode;
        }
        catch (Exception failure) when (failure is SandboxException or LoginEtlException or NpgsqlException)
        {
            string remedy = failure is LoginEtlException fault ? $" {fault.Remedy}" : "";
            await Console.Error.WriteLineAsync($"The sandbox failed: {failure.Message}{remedy}");
            return Failed;
        }
    }

    /// <summary>
    /// One line of JSON says where the servers are. Whoever has started this holds its standard input open, and so ends
    /// them however it ends itself.
    /// </summary>
    private static async Task<int> ServeAsync(StopSignals signals)
    {
        SandboxEnvironment.RemoveForeignSettings();
        await using SandboxServers running = await TestServers.StartAsync(Console.Error.WriteLine, signals.Token);
        Console.WriteLine(JsonSerializer.Serialize(TestServers.Variables(running.Postgres, running.Sqs)));
        await Task.Run(Console.In.ReadToEnd).WaitAsync(signals.Token);
        return 0;
    }

    private static async Task<int> RunAsync(DemoOptions options, StopSignals signals)
    {
        SandboxEnvironment.RemoveForeignSettings();
        SandboxOptions servers = SandboxOptions.FromEnvironment("LOGINETL_SANDBOX_") with { Report = Console.WriteLine };
        await using SandboxServers running = await SandboxServers.StartAsync(servers, signals.Token);
        using var sqs = new SqsCalls(running.Sqs);
        IReadOnlyList<string> failures = await new DemoRun(options, running, sqs, Console.WriteLine).RunAsync(signals.Token);
        foreach (string failure in failures) await Console.Error.WriteLineAsync($"Not as expected: {failure}");
        if (!options.Keep && failures.Count == 0)
        {
            Console.WriteLine("To try things on these servers yourself: dotnet run --project sandbox -- --keep. What comes next is in README.md.");
        }

        if (options.Keep)
        {
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = signals.Token.Register(stopped.SetResult);
            await stopped.Task;
        }
        return failures.Count == 0 ? 0 : Failed;
    }
}
