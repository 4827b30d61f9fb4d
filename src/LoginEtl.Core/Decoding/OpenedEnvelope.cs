using LoginEtl.Records;

namespace LoginEtl.Decoding;

/// <summary>What was in an envelope.</summary>
/// <param name="Body">UTF-8; empty with a <paramref name="Rejection"/>.</param>
/// <param name="Rejection">Why its content cannot be text; null when it can.</param>
internal readonly record struct OpenedEnvelope(ReadOnlyMemory<byte> Body, Rejection? Rejection = null)
{
    /// <summary>Of the message that it carries; null where the envelope has no id.</summary>
    public SenderIdentity? Identity { get; init; }
}
