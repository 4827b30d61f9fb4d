using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Protocols;

/// <summary>Puts a form into the SDK's pipeline: POST to the path of the queue, at the configured endpoint and nowhere else.</summary>
/// <param name="form">The call.</param>
/// <param name="path">Path of the queue's URL; null for the endpoint's own.</param>
internal sealed class QueryMarshaller(QueryForm form, string? path) : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(input, "AmazonSQS")
        {
            HttpMethod = "POST",
            ResourcePath = path ?? "/",
            Content = form.ToBytes(),
        };
        // Without its charset ElasticMQ reads a form as Latin-1.
        request.Headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8";
        return request;
    }
}

/// <summary>Reads an answer of the Query protocol. Refusals are read by the SDK, which knows them in XML, too.</summary>
internal sealed class QueryUnmarshaller<T>(string operation, Func<QueryAnswer, T> read) : ReceiveMessageResponseUnmarshaller
    where T : AmazonWebServiceResponse
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext context) =>
        read(QueryAnswer.Read(operation, WholeAnswer.BytesOf(context.Stream)));
}
