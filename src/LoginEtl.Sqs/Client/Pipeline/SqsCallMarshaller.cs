using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>Puts a call into the pipeline's form: POST to the configured endpoint and nowhere else.</summary>
internal sealed class SqsCallMarshaller(Uri endpoint) : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    private readonly Uri _host = new(endpoint.GetLeftPart(UriPartial.Authority) + "/");

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var call = (SqsCall)input;
        var request = new DefaultRequest(call, "AmazonSQS")
        {
            HttpMethod = "POST",
            ResourcePath = call.Path ?? "/",
            Content = call.Content,
            Endpoint = call.Path is null ? endpoint : _host,
        };
        request.Headers["Content-Type"] = call.ContentType;
        if (call.Target is { } target)
        {
            request.Headers["X-Amz-Target"] = target;
        }

        return request;
    }
}
