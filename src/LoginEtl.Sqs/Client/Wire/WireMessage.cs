namespace LoginEtl.Sqs.Client.Wire;

/// <summary>A message as it came; every part may be missing.</summary>
internal sealed record WireMessage(
    string? MessageId,
    string? ReceiptHandle,
    string? MD5OfBody,
    WireBody? Body,
    Dictionary<string, string?>? Attributes)
{
    /// <summary>Names the message only: a record's own text would print the checksum and the handle.</summary>
    public override string ToString() => $"message {MessageId}";
}
