using Amazon.Runtime;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>A successful answer's bytes.</summary>
internal sealed class SqsAnswer : AmazonWebServiceResponse
{
    public byte[] Body { get; init; } = [];
}
