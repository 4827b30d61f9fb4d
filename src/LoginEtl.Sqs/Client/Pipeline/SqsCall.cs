using Amazon.Runtime;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>One call, its content made already.</summary>
internal sealed class SqsCall : AmazonWebServiceRequest
{
    private SqsCall(string operation, byte[] content) => (Operation, Content) = (operation, content);

    public string Operation { get; }

    public byte[] Content { get; }

    public required string ContentType { get; init; }

    /// <summary>The header that names the operation; null where the content does.</summary>
    public string? Target { get; private init; }

    /// <summary>Path of the queue, as its URL gives it; null for the endpoint's own.</summary>
    public string? Path { get; private init; }

    /// <summary>A call over AWS JSON 1.0.</summary>
    public static SqsCall Json(string operation, byte[] content) => new(operation, content)
    {
        ContentType = "application/x-amz-json-1.0",
        Target = "AmazonSQS." + operation,
    };

    /// <summary>A call to AWS KMS, which speaks JSON 1.1.</summary>
    public static SqsCall Kms(string operation, byte[] content) => new(operation, content)
    {
        ContentType = "application/x-amz-json-1.1",
        Target = "TrentService." + operation,
    };

    /// <summary>A call over the Query protocol.</summary>
    // Without its charset ElasticMQ reads a form as Latin-1.
    public static SqsCall Query(string operation, byte[] form, string? path) => new(operation, form)
    {
        ContentType = "application/x-www-form-urlencoded; charset=utf-8",
        Path = path,
    };
}
