using System.Globalization;

namespace LoginEtl.Sandbox.Demo;

/// <summary>What the command line asks for.</summary>
internal sealed record DemoOptions
{
    private const int LargestCount = 10_000_000;

    public const string Help = """
        A real PostgreSQL and SQS server on loopback, sample messages, one run of LoginEtl. Needs Node.js 20 or later.

        Usage: dotnet run --project sandbox [-- options]

          --count N             make N sample messages (default 100: 99 logins and one of another type)
          --replay              deliver the same messages a second time, as if the first run's deletes were lost
          --host pwsh|worker    run in PowerShell (the default) or in the worker
          --keep                leave the servers up, with an empty queue and table to try things on; print settings
          --servers             only start the servers, print how tests/Pester reaches them, and end with standard input
          --samples             only print the sample messages, one a line
          --help                this text

        LOGINETL_SANDBOX_DATABASE (an Npgsql connection string) and LOGINETL_SANDBOX_SQS (a URL) name existing servers
        to use instead; AWS_* and PG* are ignored. LOGINETL_SANDBOX_POSTGRES=16 starts that version of PostgreSQL; the
        newest is started without it. Exit code: 0 when the receipt is as expected, 1 when it is not or
        something failed, 2 for a wrong option.
        """;

    public int Count { get; init; } = 100;

    public bool Replay { get; init; }

    public bool Keep { get; init; }

    public bool OnlyServers { get; init; }

    public bool OnlySamples { get; init; }

    public bool OnlyHelp { get; init; }

    /// <summary>In the worker, and not in PowerShell.</summary>
    public bool InWorker { get; init; }

    /// <exception cref="FormatException">An option is unknown, or its value is missing or wrong; says which.</exception>
    public static DemoOptions Parse(IEnumerable<string> arguments)
    {
        var options = new DemoOptions();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out string? argument))
        {
            string[] parts = argument.Split('=', 2);
            options = parts[0] switch
            {
                "--count" => options with { Count = CountOf(ValueOf(parts, rest)) },
                "--host" => options with { InWorker = IsWorker(ValueOf(parts, rest)) },
                _ => options.With(argument),
            };
        }
        return options;
    }

    private DemoOptions With(string flag) => flag switch
    {
        "--replay" => this with { Replay = true },
        "--keep" => this with { Keep = true },
        "--servers" => this with { OnlyServers = true },
        "--samples" => this with { OnlySamples = true },
        "--help" or "-h" or "-?" => this with { OnlyHelp = true },
        _ => throw new FormatException($"There is no option '{flag}'."),
    };

    private static string ValueOf(string[] parts, Queue<string> rest) =>
        parts.Length == 2 ? parts[1]
        : rest.TryDequeue(out string? value) ? value
        : throw new FormatException($"{parts[0]} needs a value.");

    private static int CountOf(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= LargestCount
            ? count
            : throw new FormatException($"--count takes a number from 1 to {LargestCount}, not '{value}'.");

    private static bool IsWorker(string value) => value is "pwsh" or "worker"
        ? value == "worker"
        : throw new FormatException($"--host takes pwsh or worker, not '{value}'.");
}
