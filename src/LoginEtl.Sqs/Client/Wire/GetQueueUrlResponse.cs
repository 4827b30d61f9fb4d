namespace LoginEtl.Sqs.Client.Wire;

internal sealed record GetQueueUrlResponse(string? QueueUrl);
