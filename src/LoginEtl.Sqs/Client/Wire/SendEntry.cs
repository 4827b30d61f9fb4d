namespace LoginEtl.Sqs.Client.Wire;

/// <param name="Id">Unique in its batch.</param>
/// <param name="MessageBody">Valid text.</param>
/// <param name="MessageGroupId">Needed by FIFO queues.</param>
/// <param name="MessageDeduplicationId">
/// Needed by FIFO queues that do not make one of the content. An entry that is sent again keeps it.
/// </param>
internal sealed record SendEntry(
    string Id, string MessageBody, string? MessageGroupId = null, string? MessageDeduplicationId = null)
{
    /// <summary>Says nothing of the body.</summary>
    public override string ToString() => $"entry {Id}";
}
