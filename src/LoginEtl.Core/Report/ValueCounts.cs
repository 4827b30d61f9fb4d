namespace LoginEtl.Report;

/// <summary>
/// How often each text came. Exact for as many different ones as it holds; those that come first when it is full count together.
/// Not thread-safe.
/// </summary>
/// <param name="most">So many different ones are held.</param>
internal sealed class ValueCounts(int most)
{
    // What is longer is a stranger's: it would fill the memory, and the page.
    private const int LongestText = 64;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>How often there was none.</summary>
    public long Missing { get; private set; }

    /// <summary>How often others came than those that are held.</summary>
    public long Others { get; private set; }

    /// <summary>All of these.</summary>
    public long Total { get; private set; }

    /// <summary>Those that are held; in no order.</summary>
    public IReadOnlyCollection<KeyValuePair<string, long>> Counts => _counts;

    /// <summary>Counts one.</summary>
    public void Add(string? text)
    {
        Total++;
        var key = text is { Length: > LongestText } ? $"{text.AsSpan(0, LongestText)}…" : text;
        if (key is null)
        {
            Missing++;
        }
        else if (_counts.TryGetValue(key, out var count))
        {
            _counts[key] = count + 1;
        }
        else if (_counts.Count < most)
        {
            _counts.Add(key, 1);
        }
        else
        {
            Others++;
        }
    }
}
