using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Null when a signal ended it.</param>
/// <param name="Signal">Such as SIGKILL; null when it ended by itself.</param>
/// <param name="Output">What it printed, where that was asked for.</param>
internal sealed record ProgramEnd(int? ExitCode, string? Signal, string Output)
{
    public bool Succeeded => ExitCode == 0;

    public static ProgramEnd From(JsonObject said) => new(
        said["code"]?.GetValue<int>(), said["signal"]?.GetValue<string>(), said["output"]?.GetValue<string>() ?? "");

    public override string ToString() => ExitCode is { } code ? $"exit code {code}" : Signal ?? "unknown end";
}
