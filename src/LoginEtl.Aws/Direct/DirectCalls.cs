using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using LoginEtl.Aws.Calls;

namespace LoginEtl.Aws.Direct;

/// <summary>
/// Makes calls of AWS JSON 1.0 with the SDK's requests, answers and errors, on its credentials and endpoint, but past its
/// chain of handlers, which takes most of a call's processor time.
/// </summary>
internal sealed class DirectCalls(AWSCredentials credentials, QueueEndpoint endpoint, IClientConfig config) : IDisposable
{
    private readonly string _url = endpoint.Url.ToString();
    private readonly RequestSigner _signer = new(endpoint);
    private readonly Lazy<HttpClient> _http = new(() => config.HttpClientFactory.CreateHttpClient(config));

    /// <exception cref="AmazonServiceException">It was refused, or its answer is none.</exception>
    /// <exception cref="HttpRequestException">There was no whole answer.</exception>
    public async Task<T> CallAsync<T>(IRequest request, JsonResponseUnmarshaller unmarshaller, CancellationToken cancellationToken)
        where T : AmazonWebServiceResponse
    {
        var keys = await credentials.GetCredentialsAsync().ConfigureAwait(false);
        using var message = _signer.Sign(request.Headers, BodyOf(request), keys, CorrectClockSkew.GetCorrectedUtcNowForEndpoint(_url, config));
        using var answer = await _http.Value
            .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        using var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var refused = !answer.IsSuccessStatusCode;
        using var context = new JsonUnmarshallerContext(body, maintainResponseBody: refused, new DirectAnswer(answer), isException: refused);
        if (refused)
        {
            throw unmarshaller.UnmarshallException(context, innerException: null, answer.StatusCode);
        }

        try
        {
            return (T)unmarshaller.Unmarshall(context);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // As the SDK says it. What could not be read may be quoted in the cause.
            throw new AmazonServiceException("An answer that cannot be read.", null, HttpStatusCode.OK);
        }
    }

    internal static byte[] BodyOf(IRequest request)
    {
        using var stream = request.ContentStream;
        var body = new byte[stream.Length];
        stream.ReadExactly(body);
        return body;
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }
    }
}
