using System.Net;
using System.Net.Http;
using Amazon.Runtime;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>
/// HTTP clients whose answers are in memory before the SDK sees them. The SDK reads bodies synchronously and without
/// the call's token, so a server that stops in the middle of an answer would hold a thread for ever.
/// </summary>
internal sealed class BufferedHttpClients(TimeSpan connectTimeout, bool direct) : HttpClientFactory
{
    // Ten messages of 1 MiB, every character escaped to six, and their attributes.
    private const int LargestAnswer = 64 << 20;

    public override HttpClient CreateHttpClient(IClientConfig clientConfig)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = connectTimeout,
            // DNS changes are seen by a run that goes on for weeks.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            // A proxy from the environment has no business between us and loopback.
            UseProxy = !direct,
        };
        return new HttpClient(new Buffering(sockets)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private sealed class Buffering(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            try
            {
                response.Content = await WholeAnswer.ReadAsync(response.Content, LargestAnswer, cancellationToken).ConfigureAwait(false);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
