using System.Globalization;

namespace LoginEtl.Worker;

/// <summary>What the worker says on standard error: a line each, with its time, in the worker's own words.</summary>
internal sealed class WorkerLog(TextWriter output, OwnWords words)
{
    public void Say(string text) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {words.Of(text)}"));

    public void Warn(string text) => Say($"warning: {text}");
}
