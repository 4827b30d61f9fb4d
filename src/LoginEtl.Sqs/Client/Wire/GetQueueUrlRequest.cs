namespace LoginEtl.Sqs.Client.Wire;

internal sealed record GetQueueUrlRequest(string QueueName, string? QueueOwnerAWSAccountId);
