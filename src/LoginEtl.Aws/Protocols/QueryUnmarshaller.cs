using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Protocols;

/// <summary>Reads an answer of the Query protocol. Refusals are read by the SDK, which knows them in XML, too.</summary>
internal sealed class QueryUnmarshaller<T>(string operation, Func<QueryAnswer, T> read) : ReceiveMessageResponseUnmarshaller
    where T : AmazonWebServiceResponse
{
    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext context) =>
        read(QueryAnswer.Read(operation, WholeAnswer.BytesOf(context.Stream)));
}
