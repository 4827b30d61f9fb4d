using LoginEtl.Settlement;

namespace LoginEtl.Running;

/// <summary>
/// The books of lines of text, which no run receives and nobody deletes. A line that was taken in and not written
/// counts as returned: it stands in its file still. Thread-safe.
/// </summary>
internal sealed class LineBook
{
    private readonly Lock _lock = new();
    private readonly OutcomeCounts _ended = new();
    private long _received;

    public void Admit()
    {
        lock (_lock)
        {
            _received++;
        }
    }

    public void Settle(Outcome outcome)
    {
        lock (_lock)
        {
            _ended.Add(outcome);
        }
    }

    public BookEntries Entries()
    {
        lock (_lock)
        {
            var ended = new OutcomeCounts();
            ended.Add(_ended);
            return new BookEntries(_received, ended, Undeleted: 0, Open: _received - ended.Total);
        }
    }
}
