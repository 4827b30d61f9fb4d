using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace LoginEtl.Worker;

/// <summary>The command line: flags to settings, settings to one run, the run's receipt to an exit code.</summary>
internal sealed partial class WorkerCommand
{
    private readonly RootCommand _command = new(
        "Moves login messages from AWS SQS into PostgreSQL with the personal data masked on the way.\n"
        + "The receipt is the last line of standard output, as JSON, also where the run could not begin. Exit codes: 0 all well, 1 failed, 2 finished with rejects, 75 failed by what may pass: run it again.\n"
        + "Credentials and region come from the usual AWS environment and profiles.");

    private WorkerCommand(CancellationToken stop)
    {
        foreach (var option in Settings.All)
        {
            _command.Options.Add(option);
        }

        _command.SetAction((parsed, _) => new WorkerRun(Settings, parsed, Console.Out, Console.Error, stop).RunAsync());
    }

    public WorkerSettings Settings { get; } = new();

    /// <param name="stop">Stops its run.</param>
    public static WorkerCommand Create(CancellationToken stop = default) => new(stop);

    // A value that begins with '@' is a value and no file to read arguments from.
    public ParseResult Parse(string[] args) => _command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    public async Task<int> RunAsync(string[] args)
    {
        var parsed = Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"login-etl: {Say(error)}");
            }

            await Console.Error.WriteLineAsync("See login-etl --help.");
            return 1;
        }

        // Signals are caught elsewhere: the run stops well, and takes the time that needs.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    /// <summary>
    /// An error in words that hold nothing of the command line but flags: a connection string in the wrong place, itself
    /// with quotes perhaps, must not reach a log.
    /// </summary>
    public static string Say(ParseError error) =>
        QuotedText().Replace(error.Message, quoted => Flag().IsMatch(quoted.Value) ? quoted.Value : "'[hidden]'");

    [GeneratedRegex("'.*'", RegexOptions.Singleline)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"^'--?[a-z-]+'\z")]
    private static partial Regex Flag();
}
