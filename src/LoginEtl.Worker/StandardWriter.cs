using System.Collections.Concurrent;
using System.Text;

namespace LoginEtl.Worker;

/// <summary>
/// Text for a standard stream. Whether that is full, closed or read by nobody, writing to it neither fails nor waits: a run
/// does not depend on who listens.
/// </summary>
internal sealed class StandardWriter : TextWriter
{
    // Some megabytes, and minutes of a busy run.
    private const int MostLines = 20_000;

    private readonly Action<string> _write;
    private readonly BlockingCollection<string> _lines = new(MostLines);
    private readonly StringBuilder _begun = new();
    private readonly Thread _thread;
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly bool _keepsLost;
    private int _lostCount;
    private volatile string? _current;

    /// <param name="write">Writes to the stream, on a thread of its own.</param>
    /// <param name="keepsLost">Keeps the lines that could not be written, instead of counting them.</param>
    public StandardWriter(Action<string> write, bool keepsLost)
    {
        _write = write;
        _keepsLost = keepsLost;
        // In the background: a stream that takes nothing must not keep the process from ending.
        _thread = new Thread(WriteLines) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Lines that were not written since the last that was.</summary>
    public int Lost => _lostCount;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        lock (_begun)
        {
            _begun.Append(value);
            if (value == '\n')
            {
                Take();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        lock (_begun)
        {
            _begun.Append(value);
            if (value?.EndsWith('\n') == true)
            {
                Take();
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + NewLine);

    /// <inheritdoc/>
    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    /// <summary>Writes what is left, as far as the stream takes it in time.</summary>
    /// <returns>What it did not take, where that is kept.</returns>
    public IReadOnlyCollection<string> Complete(TimeSpan within)
    {
        lock (_begun)
        {
            Take();
        }

        _lines.CompleteAdding();
        return _thread.Join(within) || !_keepsLost ? _lost : [.. _lost, .. _current is { } current ? [current] : Array.Empty<string>(), .. _lines];
    }

    private void Take()
    {
        if (_begun.Length > 0)
        {
            var text = _begun.ToString();
            _begun.Clear();
            if (!_lines.TryAdd(text))
            {
                Lose(text);
            }
        }
    }

    private void WriteLines()
    {
        foreach (var text in _lines.GetConsumingEnumerable())
        {
            _current = text;
            try
            {
                if (_lostCount > 0 && !_keepsLost)
                {
                    _write($"login-etl: {_lostCount} lines before this one could not be written.{NewLine}");
                    Interlocked.Exchange(ref _lostCount, 0);
                }

                _write(text);
            }
            catch (IOException)
            {
                Lose(text);
            }
        }
    }

    private void Lose(string text)
    {
        Interlocked.Increment(ref _lostCount);
        if (_keepsLost)
        {
            _lost.Enqueue(text);
        }
    }
}
