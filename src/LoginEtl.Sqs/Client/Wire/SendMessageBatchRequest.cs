namespace LoginEtl.Sqs.Client.Wire;

internal sealed record SendMessageBatchRequest(string QueueUrl, IReadOnlyList<SendEntry> Entries);
