namespace LoginEtl.Aws.Protocols;

/// <summary>What the parts of messages are called where they come as JSON, in UTF-8.</summary>
internal sealed record MessageNames
{
    /// <summary>Those of an answer to ReceiveMessage (SQS API reference).</summary>
    public static MessageNames OfAnswer { get; } = new();

    /// <summary>Those of an event that Lambda makes of them (AWS Lambda developer guide, "Example Amazon SQS message event").</summary>
    public static MessageNames OfEvent { get; } = new()
    {
        Messages = "Records"u8.ToArray(),
        Body = "body"u8.ToArray(),
        ReceiptHandle = "receiptHandle"u8.ToArray(),
        MessageId = "messageId"u8.ToArray(),
        Md5OfBody = "md5OfBody"u8.ToArray(),
        Attributes = "attributes"u8.ToArray(),
        MessageAttributes = "messageAttributes"u8.ToArray(),
        StringValue = "stringValue"u8.ToArray(),
        BinaryValue = "binaryValue"u8.ToArray(),
        DataType = "dataType"u8.ToArray(),
        Source = "eventSourceARN"u8.ToArray(),
    };

    public byte[] Messages { get; private init; } = "Messages"u8.ToArray();

    public byte[] Body { get; private init; } = "Body"u8.ToArray();

    public byte[] ReceiptHandle { get; private init; } = "ReceiptHandle"u8.ToArray();

    public byte[] MessageId { get; private init; } = "MessageId"u8.ToArray();

    public byte[] Md5OfBody { get; private init; } = "MD5OfBody"u8.ToArray();

    public byte[] Attributes { get; private init; } = "Attributes"u8.ToArray();

    public byte[] MessageAttributes { get; private init; } = "MessageAttributes"u8.ToArray();

    public byte[] StringValue { get; private init; } = "StringValue"u8.ToArray();

    public byte[] BinaryValue { get; private init; } = "BinaryValue"u8.ToArray();

    public byte[] DataType { get; private init; } = "DataType"u8.ToArray();

    /// <summary>Empty where messages do not say where they came from.</summary>
    public byte[] Source { get; private init; } = [];
}
