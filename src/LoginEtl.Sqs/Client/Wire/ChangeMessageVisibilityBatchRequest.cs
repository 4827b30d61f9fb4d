namespace LoginEtl.Sqs.Client.Wire;

internal sealed record ChangeMessageVisibilityBatchRequest(string QueueUrl, IReadOnlyList<VisibilityEntry> Entries);
