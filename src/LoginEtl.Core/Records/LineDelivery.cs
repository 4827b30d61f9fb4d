namespace LoginEtl.Records;

/// <summary>
/// One line of text: there is nothing to delete at its source. Its identity is a keyed hash of source, body and the
/// occurrence number of that body, so that loading the same file again writes nothing.
/// </summary>
public sealed class LineDelivery : Delivery
{
    private MessageId? _id;

    /// <param name="sourceId">Name of the source; a file's name unless told otherwise.</param>
    /// <param name="lineNumber">1-based.</param>
    /// <param name="occurrence">1 for the first line with this body in this source, 2 for the second, …</param>
    public LineDelivery(string sourceId, long lineNumber, int occurrence)
    {
        ArgumentNullException.ThrowIfNull(sourceId);
        SourceId = sourceId;
        LineNumber = lineNumber;
        Occurrence = occurrence;
    }

    /// <summary>Name of the source.</summary>
    public string SourceId { get; }

    /// <summary>1-based.</summary>
    public long LineNumber { get; }

    /// <summary>1 for the first line with this body in this source, 2 for the second, …</summary>
    public int Occurrence { get; }

    /// <inheritdoc/>
    public override MessageId? Id => _id;

    /// <inheritdoc/>
    public override DateTimeOffset? SentTimestamp => null;

    /// <inheritdoc/>
    public override int ReceiveCount => 1;

    /// <summary>Gives the line its identity, once the key is at hand. A second call changes nothing.</summary>
    internal void Identify(Guid id) => _id ??= new MessageId(id.ToString());

    /// <inheritdoc/>
    public override string ToString() => $"{SourceId}:{LineNumber}";
}
