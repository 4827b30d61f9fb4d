using System.Diagnostics.Tracing;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Telemetry;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LoginEtl.Worker;

/// <summary>
/// Sends what the run measures, its spans and its log to a collector, by the variables that OpenTelemetry defines: each
/// signal for which they name an endpoint, or <c>otlp</c>.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    // What a collector that does not answer may take of the end of a run.
    private const int Patience = 3000;

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly ILoggerFactory? _logs;
    private readonly Faults _faults;

    private OtlpExport(bool metrics, bool traces, bool logs, ILoggerProvider lines, LogLevel level, Action<string> warn)
    {
        _faults = new Faults(warn);
        var resource = ResourceBuilder.CreateEmpty()
            .AddService("login-etl", serviceVersion: ProgramVersion.Text).AddTelemetrySdk()
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before.
            .AddEnvironmentVariableDetector();
        _metrics = metrics ? Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(RunMetrics.Name).AddOtlpExporter().Build() : null;
        _traces = traces ? Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(RunMetrics.Name).AddOtlpExporter().Build() : null;
        _logs = logs ? LoggerFactory.Create(factory => factory.SetMinimumLevel(level).AddProvider(lines).AddOpenTelemetry(o =>
        {
            o.SetResourceBuilder(resource);
            o.IncludeFormattedMessage = true;
            o.AddOtlpExporter();
        })) : null;
    }

    /// <summary>Loggers that send, too; null where logs are not asked for.</summary>
    public ILoggerFactory? Loggers => _logs;

    /// <summary>Begins to send what is asked for; null where nothing is.</summary>
    /// <param name="lines">Where the log goes otherwise.</param>
    /// <param name="level">Least level of the log.</param>
    /// <param name="warn">Told once where the collector takes nothing.</param>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>: one of the variables.</exception>
    public static OtlpExport? Begin(ILoggerProvider lines, LogLevel level, Action<string> warn)
    {
        if (string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var (metrics, traces, logs) = (IsWanted("METRICS"), IsWanted("TRACES"), IsWanted("LOGS"));
        try
        {
            return metrics || traces || logs ? new OtlpExport(metrics, traces, logs, lines, level, warn) : null;
        }
        catch (Exception e) when (e is not LoginEtlException)
        {
            // Of whatever kind, a certificate's that is not there, too. Its text quotes the variable, which may be the collector's key.
            throw Invalid("One of the variables OTEL_*", "what OpenTelemetry defines");
        }
    }

    /// <summary>Sends what is left, as far as the collector takes it in time.</summary>
    public void Dispose()
    {
        Task.WaitAll(Task.Run(() => _metrics?.Shutdown(Patience)), Task.Run(() => _traces?.Shutdown(Patience)), Task.Run(() => _logs?.Dispose()).WaitAsync(TimeSpan.FromMilliseconds(Patience)).ContinueWith(_ => { }, TaskScheduler.Default));
        _faults.Dispose();
    }

    private static bool IsWanted(string signal)
    {
        string[] endpoints = [$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
        var exporter = $"OTEL_{signal}_EXPORTER";
        var isWanted = Variable(exporter) switch
        {
            null => endpoints.Any(e => Variable(e) is not null),
            "otlp" => true,
            "none" => false,
            _ => throw Invalid(exporter, "otlp or none"),
        };
        if (isWanted && endpoints.FirstOrDefault(e => Variable(e) is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")) is { } wrong)
        {
            // OpenTelemetry would send to localhost instead, and say nothing.
            throw Invalid(wrong, "a URL, such as http://collector:4317");
        }

        return isWanted;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    private static LoginEtlException Invalid(string what, string takes) =>
        new(ErrorId.SettingInvalid, $"{what} is not valid: it takes {takes}.", "Correct or unset it.");

    /// <summary>Hears what OpenTelemetry says of itself to nobody else.</summary>
    private sealed class Faults(Action<string> warn) : EventListener
    {
        private int _told;

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name.StartsWith("OpenTelemetry-", StringComparison.Ordinal))
            {
                EnableEvents(eventSource, EventLevel.Warning);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            // Its name alone: what comes with it quotes URLs, answers and variables. The base class calls before the field is set.
            if (warn is null)
            {
                return;
            }

            // Of the rest most is no fault: every instrument of others is one that is ignored.
            if (eventData.EventName?.Contains("Config", StringComparison.Ordinal) == true)
            {
                warn($"OpenTelemetry does not take one of the variables OTEL_* ({eventData.EventName}), and goes on with its default.");
            }
            else if (eventData.EventSource.Name.StartsWith("OpenTelemetry-Exporter-", StringComparison.Ordinal) && Interlocked.Exchange(ref _told, 1) == 0)
            {
                warn($"Metrics, traces or logs do not reach the collector ({eventData.EventName}). No run depends on it.");
            }
        }
    }
}
