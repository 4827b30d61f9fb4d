using System.Diagnostics.Metrics;
using LoginEtl.Telemetry;

namespace LoginEtl.Worker.Health;

/// <summary>Hears what this process's run measures.</summary>
internal sealed class HealthListener : IDisposable
{
    private static readonly string[] s_heard =
        [RunMetrics.CallDuration, RunMetrics.BatchDuration, RunMetrics.Retries, RunMetrics.Held, RunMetrics.Stalled, RunMetrics.Runs];

    private readonly MeterListener _listener = new();
    private readonly RunHealth _health;
    private readonly CancellationToken _stop;
    private readonly Lock _lock = new();
    private (bool Holds, long Stalled, bool IsEnding) _seen;

    public HealthListener(RunHealth health, CancellationToken stop)
    {
        (_health, _stop) = (health, stop);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RunMetrics.Name && s_heard.Contains(instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>(Hear);
        _listener.SetMeasurementEventCallback<long>(Hear);
        _listener.Start();
    }

    /// <summary>Why the run does not take messages now; empty when it does.</summary>
    public IReadOnlyList<string> NotReady()
    {
        var look = Look();
        _health.Look(look);
        return _health.NotReady(look);
    }

    /// <summary>What does not move any more; null while all does.</summary>
    public string? Stuck() => _health.Stuck(Look());

    public void Dispose() => _listener.Dispose();

    private RunLook Look()
    {
        lock (_lock)
        {
            _seen = default;
            _listener.RecordObservableInstruments();
            return new RunLook(_seen.Holds, TimeSpan.FromSeconds(_seen.Stalled), _seen.IsEnding || _stop.IsCancellationRequested);
        }
    }

    private void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.Name == RunMetrics.BatchDuration)
        {
            _health.Committed();
        }
        else
        {
            _health.Called(well: Tag(tags, RunMetrics.Error) is null);
        }
    }

    private void Hear(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        switch (instrument.Name)
        {
            case RunMetrics.Retries:
                _health.Retried(Tag(tags, RunMetrics.Of) ?? "");
                break;
            case RunMetrics.Held:
                _seen.Holds |= value > 0;
                break;
            case RunMetrics.Stalled:
                _seen.Stalled = Math.Max(_seen.Stalled, value);
                break;
            case RunMetrics.Runs:
                _seen.IsEnding |= Tag(tags, RunMetrics.State) == RunMetrics.Ending;
                break;
            default:
                break;
        }
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value as string;
            }
        }

        return null;
    }
}
