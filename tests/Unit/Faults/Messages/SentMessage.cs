namespace LoginEtl.Unit.Faults.Messages;

/// <summary>A message that the queue has taken.</summary>
/// <param name="MessageId">Given by the queue.</param>
/// <param name="UserId">No other login has it: it tells rows apart. Null where the body has none.</param>
/// <param name="Fate">Where it has to end.</param>
/// <param name="Group">Its message group in a FIFO queue; null in a standard one.</param>
/// <param name="Version">As its row holds it; null where nothing is known of it.</param>
internal sealed record SentMessage(string MessageId, string? UserId, Fate Fate, string? Group = null, int? Version = null)
{
    /// <summary>Code of the reason why it goes to quarantine; null where nothing is known of it.</summary>
    public string? Reason { get; init; }

    /// <summary>The id of its envelope; null without.</summary>
    public string? Envelope { get; init; }

    /// <summary>What makes it the same as others: of all that share it there is one row, or one entry of the quarantine.</summary>
    public string Identity => Envelope ?? MessageId;
}
