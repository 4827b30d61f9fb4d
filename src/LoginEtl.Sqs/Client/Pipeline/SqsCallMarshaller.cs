using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>Puts a call into the pipeline's form: AWS JSON 1.0, POST to the configured endpoint and nowhere else.</summary>
internal sealed class SqsCallMarshaller(Uri endpoint) : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var call = (SqsCall)input;
        var request = new DefaultRequest(call, "AmazonSQS")
        {
            HttpMethod = "POST",
            ResourcePath = "/",
            Content = call.Content,
            Endpoint = endpoint,
        };
        request.Headers["Content-Type"] = "application/x-amz-json-1.0";
        request.Headers["X-Amz-Target"] = "AmazonSQS." + call.Operation;
        return request;
    }
}
