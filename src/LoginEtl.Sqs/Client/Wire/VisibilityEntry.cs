namespace LoginEtl.Sqs.Client.Wire;

/// <param name="Id">Unique in its batch.</param>
/// <param name="ReceiptHandle">Of the newest delivery.</param>
/// <param name="VisibilityTimeout">Seconds from now; 0 makes the message visible.</param>
internal sealed record VisibilityEntry(string Id, string ReceiptHandle, int VisibilityTimeout);
