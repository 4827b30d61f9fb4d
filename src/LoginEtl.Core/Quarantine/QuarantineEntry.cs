using LoginEtl.Faults;

namespace LoginEtl.Quarantine;

/// <summary>A message in quarantine, and why it is there. What it holds is sealed or masked, and not for screens.</summary>
public sealed class QuarantineEntry
{
    /// <summary>Exactly one of the two; neither for an entry that was dismissed.</summary>
    /// <param name="sealedBody">A body that did not decode, encrypted to the quarantine's public key.</param>
    /// <param name="record">JSON of a protected record that could not be written.</param>
    public QuarantineEntry(byte[]? sealedBody, string? record)
    {
        if (sealedBody is not null && record is not null)
        {
            throw new ArgumentException("An entry holds either a sealed body or a record.", nameof(record));
        }

        // A copy: whoever made the array could change what is opened after it was recorded.
        (SealedBody, Record) = (sealedBody?.ToArray(), record);
    }

    /// <summary>Number of the entry in its table.</summary>
    public required long Id { get; init; }

    /// <summary>The queue's MessageId, or the uuid of a line.</summary>
    public required string MessageId { get; init; }

    /// <summary>File and number of a line of text; null for a queue message.</summary>
    public string? Source { get; init; }

    /// <summary>Name of the queue it came from; null for a line of text, and for entries of versions that did not keep it.</summary>
    public string? Queue { get; init; }

    /// <summary>Code of the reason, such as <c>missing_field</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The schema's name of the field or column concerned; null where it is the whole.</summary>
    public string? Field { get; init; }

    /// <summary>Set when the database refused the row.</summary>
    public string? SqlState { get; init; }

    /// <summary>The constraint the row broke, where the database named one.</summary>
    public string? Constraint { get; init; }

    /// <summary>How often it had been delivered.</summary>
    public required int ReceiveCount { get; init; }

    /// <summary>When the producer sent it (UTC); null where the source has no such time.</summary>
    public DateTimeOffset? SentTimestamp { get; init; }

    /// <summary>When it came here (UTC).</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it became a row (UTC); null while it is here.</summary>
    public DateTimeOffset? RestoredAt { get; init; }

    /// <summary>When it was dismissed as nobody's login (UTC), and what it held erased; null while it is here.</summary>
    public DateTimeOffset? DismissedAt { get; init; }

    /// <summary>The database's account that dismissed it.</summary>
    public string? DismissedBy { get; init; }

    /// <summary>Why it was dismissed, in the operator's words.</summary>
    public string? DismissalReason { get; init; }

    /// <summary>It holds a body that only the quarantine's private key opens; otherwise a masked record, or nothing any more.</summary>
    public bool IsSealed => SealedBody is not null;

    // Internal: serialisers and formats walk public properties.
    internal byte[]? SealedBody { get; }

    internal string? Record { get; }

    /// <inheritdoc/>
    public override string ToString() => Quotable.Plain($"QuarantineEntry {Id}: {MessageId}, {Reason}{(Field is null ? "" : $" ({Field})")}");
}
