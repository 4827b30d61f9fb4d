namespace LoginEtl.Sqs.Client.Wire;

internal sealed record DeleteEntry(string Id, string ReceiptHandle);
