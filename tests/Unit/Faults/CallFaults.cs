namespace LoginEtl.Unit.Faults;

/// <summary>Which calls to the queue go wrong, by operation and ordinal (from 1, from the moment it is set).</summary>
internal sealed class CallFaults
{
    private readonly SortedDictionary<(string Operation, int Ordinal), CallFault> _faults = [];
    private readonly Dictionary<string, CallFault> _always = [];

    public static CallFaults None => new();

    /// <summary>The calls from <paramref name="first"/> on, so many of them.</summary>
    public CallFaults On(string operation, CallFault fault, int calls = 1, int first = 1)
    {
        for (var ordinal = first; ordinal < first + calls; ordinal++)
        {
            _faults[(operation, ordinal)] = fault;
        }

        return this;
    }

    /// <summary>Every call that nothing else is said of.</summary>
    public CallFaults Always(string operation, CallFault fault)
    {
        _always[operation] = fault;
        return this;
    }

    public CallFault? Of(string operation, int ordinal) =>
        _faults.TryGetValue((operation, ordinal), out var fault) || _always.TryGetValue(operation, out fault) ? fault : null;

    public override string ToString() => string.Join("; ", _faults
        .GroupBy(f => f.Key.Operation)
        .Select(g => $"{g.Key} {string.Join(", ", g.Select(f => $"{f.Key.Ordinal} {f.Value}"))}")
        .Concat(_always.Select(a => $"{a.Key} always {a.Value}")));
}
