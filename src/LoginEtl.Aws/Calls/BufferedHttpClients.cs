using System.Net;
using Amazon.Runtime;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// HTTP clients whose answers are in memory before the SDK sees them. The SDK reads bodies synchronously and without
/// the call's token, so a server that stops in the middle of an answer would hold a thread for ever.
/// </summary>
internal sealed class BufferedHttpClients(TimeSpan connectTimeout, bool direct, bool zeroAnswers) : HttpClientFactory
{
    // Ten messages of 1 MiB, every character escaped to six, and their attributes.
    private const int LargestAnswer = 64 << 20;

    // A refusal of SQS has some hundred bytes with its code at their beginning; a proxy's page may have any.
    public const int LongestRefusal = 16 << 10;

    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = connectTimeout,
            // Ours are the only traces: none of a library's goes into a signed request.
            ActivityHeadersPropagator = null,
            // DNS changes are seen by a run that goes on for weeks.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            // A proxy from the environment has no business between us and loopback.
            UseProxy = !direct,
        };
        return new HttpClient(new Buffering(sockets, zeroAnswers)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private sealed class Buffering(HttpMessageHandler inner, bool zeroAnswers) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            try
            {
                response.Content = response.IsSuccessStatusCode
                    ? await WholeAnswer.ReadAsync(response.Content, LargestAnswer, zeroAnswers, cancellationToken).ConfigureAwait(false)
                    : await WholeAnswer.ReadBeginningAsync(response.Content, LongestRefusal, cancellationToken).ConfigureAwait(false);
                // The SDK would read it as an answer, and an empty one is an empty queue.
                return (int)response.StatusCode is >= 300 and < 400
                    ? throw new AmazonServiceException("A redirect.", null, response.StatusCode)
                    : response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
