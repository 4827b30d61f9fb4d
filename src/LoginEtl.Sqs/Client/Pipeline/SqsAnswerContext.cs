using Amazon.Runtime.Internal.Transform;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>An answer read whole. It keeps nothing where the SDK's logging could find it.</summary>
internal sealed class SqsAnswerContext : UnmarshallerContext
{
    public SqsAnswerContext(Stream content, IWebResponseData response)
    {
        WebResponseData = response;
        // In memory already (BufferedHttpClients).
        Body = ((WholeAnswer.Opened)content).Bytes;
    }

    public byte[] Body { get; }

    public override string CurrentPath => "";

    public override int CurrentDepth => 0;

    public override bool IsStartElement => false;

    public override bool IsEndElement => false;

    public override bool IsStartOfDocument => true;
}
