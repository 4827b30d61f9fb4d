namespace LoginEtl.Sqs.Client.Wire;

/// <param name="QueueUrl">As the queue gave it.</param>
/// <param name="MaxNumberOfMessages">1 to 10.</param>
/// <param name="WaitTimeSeconds">0 to 20.</param>
/// <param name="VisibilityTimeout">Seconds; null for the queue's own.</param>
/// <param name="MessageSystemAttributeNames">The attributes wanted.</param>
/// <param name="AttributeNames">The same, under the name that older servers know.</param>
internal sealed record ReceiveMessageRequest(
    string QueueUrl,
    int MaxNumberOfMessages,
    int WaitTimeSeconds,
    int? VisibilityTimeout,
    IReadOnlyList<string> MessageSystemAttributeNames,
    IReadOnlyList<string> AttributeNames);
