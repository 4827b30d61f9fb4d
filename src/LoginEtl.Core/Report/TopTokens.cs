namespace LoginEtl.Report;

/// <summary>
/// The most repeated tokens of a stream of any length, by Space-Saving (Metwally, Agrawal and El Abbadi, 2005): as many counters as
/// it holds, the smallest of which a new token takes over. Whatever came more often than one time in so many is among them. Counts
/// are exact while there are no more different tokens than counters, and bounds from then on. Not thread-safe.
/// </summary>
/// <param name="counters">So many.</param>
internal sealed class TopTokens(int counters)
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly string[] _tokens = new string[counters];

    // Flat, so that the smallest is found by the processor's vectors: no heap to keep.
    private readonly long[] _counts = new long[counters];
    private readonly long[] _takenOver = new long[counters];

    /// <summary>Each token has had a counter from its first time on.</summary>
    public bool IsExact => !_takenOver.Any(t => t > 0);

    /// <summary>Counts one.</summary>
    public void Add(string token)
    {
        if (!_places.TryGetValue(token, out var place))
        {
            place = _places.Count < counters ? _places.Count : TakeOver();
            _tokens[place] = token;
            _places.Add(token, place);
        }

        _counts[place]++;
    }

    /// <summary>Those that came twice for certain, the most frequent first.</summary>
    /// <param name="most">So many at most.</param>
    public IReadOnlyList<RepeatedToken> Repeated(int most) =>
    [
        .. _places.Values.Select(p => new RepeatedToken(_tokens[p], _counts[p] - _takenOver[p], _counts[p])).Where(t => t.Least > 1)
            .OrderByDescending(t => t.Most).ThenByDescending(t => t.Least).ThenBy(t => t.Token, StringComparer.Ordinal).Take(most),
    ];

    private int TakeOver()
    {
        var least = _counts.Min();
        var place = Array.IndexOf(_counts, least);
        _places.Remove(_tokens[place]);
        _takenOver[place] = least;
        return place;
    }
}

/// <summary>How often a token came: between these two, which are the same where it was counted from its first time on.</summary>
internal readonly record struct RepeatedToken(string Token, long Least, long Most);
