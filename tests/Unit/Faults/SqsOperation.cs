namespace LoginEtl.Unit.Faults;

/// <summary>Calls that a run makes.</summary>
internal static class SqsOperation
{
    public const string GetQueueUrl = "GetQueueUrl";
    public const string GetQueueAttributes = "GetQueueAttributes";
    public const string ReceiveMessage = "ReceiveMessage";
    public const string DeleteMessageBatch = "DeleteMessageBatch";
    public const string SendMessageBatch = "SendMessageBatch";
    public const string ChangeMessageVisibilityBatch = "ChangeMessageVisibilityBatch";
}
