namespace LoginEtl.Sqs.Client.Wire;

internal sealed record DeleteMessageBatchRequest(string QueueUrl, IReadOnlyList<DeleteEntry> Entries);
