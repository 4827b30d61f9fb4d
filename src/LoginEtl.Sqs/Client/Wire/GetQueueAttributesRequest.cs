namespace LoginEtl.Sqs.Client.Wire;

internal sealed record GetQueueAttributesRequest(string QueueUrl, IReadOnlyList<string> AttributeNames);
