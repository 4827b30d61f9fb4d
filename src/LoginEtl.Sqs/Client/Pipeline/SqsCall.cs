using Amazon.Runtime;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>One call, its content made already.</summary>
internal sealed class SqsCall(string operation, byte[] content) : AmazonWebServiceRequest
{
    public string Operation => operation;

    public byte[] Content => content;
}
