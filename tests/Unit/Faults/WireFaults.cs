namespace LoginEtl.Unit.Faults;

/// <summary>What befalls the wire between a writer and PostgreSQL. Ordinals count from 1, from the moment it is set.</summary>
internal sealed record WireFaults
{
    public static WireFaults None { get; } = new();

    /// <summary>By the ordinal of the COMMIT.</summary>
    public IReadOnlyDictionary<int, CommitCut> Commits { get; init; } = new Dictionary<int, CommitCut>();

    /// <summary>By the ordinal of the connection: it is cut when it has carried this much.</summary>
    public IReadOnlyDictionary<int, ByteCut> Connections { get; init; } = new Dictionary<int, ByteCut>();

    /// <summary>For each piece, in each direction.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>In each direction; null for no limit.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>The first COMMITs are cut, or those after some. A run's very first one is that of its row in the history.</summary>
    public static WireFaults CutCommits(CommitCut cut, int commits = 1, int after = 0) => new()
    {
        Commits = Enumerable.Range(1 + after, commits).ToDictionary(ordinal => ordinal, _ => cut),
    };

    public override string ToString()
    {
        var said = Commits.Select(c => $"COMMIT {c.Key} {c.Value}")
            .Concat(Connections.Select(c => $"connection {c.Key} cut after {c.Value}"))
            .Concat(Delay > TimeSpan.Zero ? [$"{Delay.TotalMilliseconds} ms a piece"] : [])
            .Concat(BytesPerSecond is { } bytes ? [$"{bytes} B/s"] : []);
        return string.Join(", ", said);
    }
}
