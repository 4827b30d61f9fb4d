using System.Net;
using Amazon.Runtime.EventStreams;
using Amazon.Runtime.Internal.Transform;

namespace LoginEtl.Aws.Direct;

/// <summary>An answer's head, as the SDK's readers look at it.</summary>
internal sealed class DirectAnswer(HttpResponseMessage answer) : IWebResponseData
{
    public long ContentLength => answer.Content.Headers.ContentLength ?? -1;

    public string? ContentType => answer.Content.Headers.ContentType?.MediaType;

    public HttpStatusCode StatusCode => answer.StatusCode;

    public bool IsSuccessStatusCode => answer.IsSuccessStatusCode;

    /// <summary>The body is read beside it.</summary>
    public IHttpResponseBody? ResponseBody => null;

    public string[] GetHeaderNames() => [.. answer.Headers.Select(h => h.Key)];

    public bool IsHeaderPresent(string headerName) => GetHeaderValue(headerName) is not null;

    public string? GetHeaderValue(string headerName) =>
        answer.Headers.NonValidated.TryGetValues(headerName, out var values) ? string.Join(',', values)
        : answer.Content.Headers.NonValidated.TryGetValues(headerName, out values) ? string.Join(',', values)
        : null;

    /// <summary>SQS has no streams of events.</summary>
    public IEventStreamHeader? GetEventStreamHeader(string headerName) => null;

    public bool IsEventHeaderPresent(string headerName) => false;
}
