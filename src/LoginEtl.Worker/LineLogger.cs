using System.Globalization;
using LoginEtl.Run;
using Microsoft.Extensions.Logging;

namespace LoginEtl.Worker;

/// <summary>How a line of the log is written.</summary>
internal enum LogFormat
{
    /// <summary>Time and text.</summary>
    Text,

    /// <summary>An object a line: time, level, event, text, and its fields.</summary>
    Json,
}

/// <summary>Writes a log as lines.</summary>
/// <remarks>The package of .NET that does it (Microsoft.Extensions.Logging.Console) has a queue and a thread of its own; <see cref="StandardWriter"/> has both, and waits for nobody.</remarks>
internal sealed class LineLogger(TextWriter output, LogFormat format) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var (time, text) = (DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), formatter(state, exception));
        output.WriteLine(format == LogFormat.Json
            ? JsonLine.Of([("time", time), ("level", logLevel), ("event_id", eventId.Id), ("event", eventId.Name), ("message", text), .. state is IEnumerable<KeyValuePair<string, object?>> fields ? fields.Select(f => (f.Key, f.Value)) : []])
            : $"{time} {(logLevel == LogLevel.Warning ? "warning: " : "")}{text}");
    }

    public void Dispose()
    {
        // The stream stays its owner's.
    }
}
