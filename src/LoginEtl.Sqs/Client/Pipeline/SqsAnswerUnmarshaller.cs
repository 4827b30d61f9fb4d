using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>Takes an answer's bytes as they are; of a refusal only its code.</summary>
internal sealed class SqsAnswerUnmarshaller : ResponseUnmarshaller
{
    public override AmazonWebServiceResponse Unmarshall(UnmarshallerContext input)
    {
        var answer = (SqsAnswerContext)input;
        // Redirects are not followed, and arrive here: a signed request goes to the configured endpoint only.
        return (int)answer.ResponseData.StatusCode is >= 200 and < 300
            ? new SqsAnswer { Body = answer.Body }
            : throw new SqsRefusal(answer.ResponseData.StatusCode, code: null, response: null);
    }

    public override AmazonServiceException UnmarshallException(
        UnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        var answer = (SqsAnswerContext)input;
        var queryError = answer.ResponseData.GetHeaderValue("x-amzn-query-error");
        return new SqsRefusal(statusCode, SqsErrorBody.Code(statusCode, answer.Body, queryError), innerException);
    }

    protected override UnmarshallerContext ConstructUnmarshallerContext(
        Stream responseStream, bool maintainResponseBody, IWebResponseData response, bool isException) =>
        new SqsAnswerContext(responseStream, response);

    protected override UnmarshallerContext ConstructUnmarshallerContext(
        Stream responseStream, bool maintainResponseBody, IWebResponseData response, bool isException,
        IRequestContext requestContext) =>
        new SqsAnswerContext(responseStream, response);
}
