using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>A program to be run by the <see cref="Keeper"/>.</summary>
/// <param name="Name">Names it among the keeper's programs; one that has ended may be followed by its namesake.</param>
/// <param name="Command">Full path.</param>
/// <param name="Arguments">Passed as they are; no shell reads them.</param>
internal sealed record ProgramStart(string Name, string Command, IEnumerable<string> Arguments)
{
    /// <summary>Null runs it as this process's account.</summary>
    public UnprivilegedAccount? Account { get; init; }

    /// <summary>Null is the keeper's own folder.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>Added to the keeper's environment, which has no AWS_*, PG* or LOGINETL_*.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets stdout and stderr; null hands each line to <see cref="OnLine"/>.</summary>
    public string? LogPath { get; init; }

    /// <summary>The signal that the keeper stops it with when it ends itself.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>Is called with each line of output, from one thread at a time.</summary>
    public Action<string>? OnLine { get; init; }

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["name"] = Name,
            ["command"] = Command,
            ["args"] = new JsonArray([.. Arguments.Select(argument => (JsonNode)argument)]),
            ["stop"] = StopSignal,
            ["env"] = new JsonObject(Environment.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        };
        if (Account is not null) json["account"] = Account.ToJson();
        if (WorkingFolder is not null) json["cwd"] = WorkingFolder;
        if (LogPath is not null) json["log"] = LogPath;
        return json;
    }
}
