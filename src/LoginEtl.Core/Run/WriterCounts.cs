namespace LoginEtl.Run;

/// <summary>
/// What one writer took in and what became of it. Of lines of text, which no run receives and nobody deletes, these are
/// the only books. What was taken in and not written counts as returned: it stands in its queue or file still.
/// Thread-safe.
/// </summary>
internal sealed class WriterCounts
{
    private readonly Lock _lock = new();
    private readonly RunCounts _counts = new();

    public void Admit()
    {
        lock (_lock)
        {
            _counts.Receive();
        }
    }

    public void Settle(Outcome outcome, int count = 1)
    {
        lock (_lock)
        {
            _counts.Add(outcome, count);
        }
    }

    public void Settle(Outcome outcome, RowFacts row)
    {
        lock (_lock)
        {
            _counts.Add(outcome, row);
        }
    }

    public RunCounts Counts()
    {
        lock (_lock)
        {
            return _counts.Copy();
        }
    }
}
