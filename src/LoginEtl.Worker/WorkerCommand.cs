using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace LoginEtl.Worker;

/// <summary>The command line: flags to settings, settings to one run, the run's receipt to an exit code.</summary>
internal sealed partial class WorkerCommand
{
    private readonly WorkerSettings _settings = new();
    private readonly RootCommand _command = new(
        "Moves login messages from AWS SQS into PostgreSQL with the personal data masked on the way.\n"
        + "The receipt is the last line of standard output, as JSON. Exit codes: 0 all well, 1 failed, 2 finished with rejects.\n"
        + "Credentials and region come from the usual AWS environment and profiles.");

    private WorkerCommand()
    {
        foreach (var option in _settings.All)
        {
            _command.Options.Add(option);
        }

        _command.SetAction(async (parsed, _) =>
        {
            using var run = new WorkerRun(_settings, parsed, Console.Out, Console.Error);
            return await run.RunAsync();
        });
    }

    public static WorkerCommand Create() => new();

    public async Task<int> RunAsync(string[] args)
    {
        var parsed = _command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"login-etl: {HideValues(error)}");
            }

            await Console.Error.WriteLineAsync("See login-etl --help.");
            return 1;
        }

        // Signals are the run's own: it stops well, and takes the time that needs.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    // A connection string in the wrong place must not reach a log.
    private static string HideValues(ParseError error) => QuotedValue().Replace(error.Message, "'[hidden]'");

    [GeneratedRegex("'[^']*[@=:][^']*'")]
    private static partial Regex QuotedValue();
}
