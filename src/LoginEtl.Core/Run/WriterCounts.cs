namespace LoginEtl.Run;

/// <summary>
/// What one writer took in and what became of it. Of lines of text, which no run receives and nobody deletes, these are
/// the only books. What was taken in and not written counts as returned: it stands in its queue or file still.
/// Thread-safe.
/// </summary>
internal sealed class WriterCounts
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

    public void Settle(Outcome outcome, int count = 1)
    {
        lock (_lock)
        {
            _ended.Add(outcome, count);
        }
    }

    public void Settle(Outcome outcome, RowFacts row)
    {
        lock (_lock)
        {
            _ended.Add(outcome, row);
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
