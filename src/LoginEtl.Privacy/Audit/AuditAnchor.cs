namespace LoginEtl.Audit;

/// <summary>A line of an audit file as the database keeps it.</summary>
public sealed record AuditAnchor
{
    /// <summary>From 1, over all files, in the order in which they were added; 0 where a version added it that did not count.</summary>
    public long Number { get; init; }

    /// <summary>Of the file.</summary>
    public required Guid FileId { get; init; }

    /// <summary>1-based number of the line.</summary>
    public required long Line { get; init; }

    /// <summary>The line's MAC in lower-case hexadecimal.</summary>
    public required string Mac { get; init; }

    /// <summary>Where the file stood: host and path.</summary>
    public required string Place { get; init; }

    /// <summary>What had to be put right before; null when nothing had.</summary>
    public string? Note { get; init; }

    /// <summary>Binds it to the anchor before it: key id and MAC in lower-case hexadecimal; empty where <see cref="Number"/> is 0.</summary>
    public string Link { get; init; } = "";

    /// <summary>The database's own word for who added it.</summary>
    public string By { get; init; } = "";

    /// <summary>The server's time then.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>What the database knows before a line is added.</summary>
/// <param name="OfFile">The file's last line; null when there is none.</param>
/// <param name="AtPlace">The first line ever of a file at the place; null when none was there.</param>
/// <param name="Newest">The newest of all anchors that have a number; null when there is none.</param>
/// <param name="Before">The newest but one of these.</param>
/// <param name="First">Number 1; null when there is none.</param>
public sealed record AnchorFacts(AuditAnchor? OfFile, AuditAnchor? AtPlace, AuditAnchor? Newest, AuditAnchor? Before, AuditAnchor? First);
