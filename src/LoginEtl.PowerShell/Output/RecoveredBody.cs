using LoginEtl.Quarantine;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Output;

/// <summary>A quarantined message whose body was recovered. The body is hidden until it is revealed, on purpose.</summary>
public sealed class RecoveredBody
{
    internal RecoveredBody(QuarantineEntry entry, PlainBody body) => (Entry, Body) = (entry, body);

    /// <summary>The queue's MessageId, or the uuid of a line.</summary>
    public string MessageId => Entry.MessageId;

    /// <summary>Code of the reason it is in quarantine for, such as missing_field.</summary>
    public string Reason => Entry.Reason;

    /// <summary>The schema's name of the field concerned; null where it is the whole.</summary>
    public string? Field => Entry.Field;

    /// <summary>When the producer sent it (UTC); null where the source has no such time.</summary>
    public DateTimeOffset? SentTimestamp => Entry.SentTimestamp;

    /// <summary>The body: .Reveal() gives its text, .RevealBytes() its bytes.</summary>
    public PlainBody Body { get; }

    /// <summary>The entry, for Restore-LoginQuarantine.</summary>
    public QuarantineEntry Entry { get; }

    /// <inheritdoc/>
    public override string ToString() => $"RecoveredBody {MessageId}, {Reason}";
}
