using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.EventStreams;
using Amazon.Runtime.Internal.Transform;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;

namespace LoginEtl.Unit.Fuzzing.Targets;

/// <summary>Of a refusal, as the SDK reads it, only a code is taken, of letters and digits and at most 100 of them.</summary>
internal sealed class ErrorBodyTarget : FuzzTarget
{
    private static readonly ServiceCalls Calls = new(TimeSpan.FromMinutes(1));

    public override string Name => "refusals";

    // The SDK keeps the body as text, twice in its message, for each of two readings, and XML as a node for each element: 16 KiB of
    // elements in one another made 2.7 MB. More than 16 KiB is never given to it.
    public override (long Own, long PerByte) Allocation => (3 * 1024 * 1024, 1);

    public override IReadOnlyList<byte[]> Pieces { get; } =
    [
        .. FuzzPieces.Json, .. FuzzPieces.Xml,
        .. FuzzPieces.Texts("\"__type\":", "<Code>", "</Code>", "<Error>", "Missing Action", "com.amazonaws.sqs#", "AWS.SimpleQueueService.NonExistentQueue", ";Sender"),
    ];

    public override IReadOnlyList<string> MustReach { get; } = ["NotFound", "Denied", "Throttled", "Refused", "Garbled", "OtherProtocol"];

    public override string Run(ReadOnlySpan<byte> input)
    {
        var body = input[..Math.Min(input.Length, BufferedHttpClients.LongestRefusal)].ToArray();
        var failed = Read(HttpStatusCode.InternalServerError, body);
        Finding.Unless(failed.Fault != SqsFault.Garbled, "a failure is called garbled");
        var refused = Read(HttpStatusCode.BadRequest, body);
        return (failed.Code == SqsErrorCodes.MissingAction ? failed : refused).Fault.ToString();
    }

    private static SqsException Read(HttpStatusCode status, byte[] body)
    {
        try
        {
            Calls.CallAsync<bool>("DeleteMessageBatch", _ => throw Refusal(status, body), CancellationToken.None).GetAwaiter().GetResult();
            throw new Finding("nothing is thrown");
        }
        catch (SqsException e)
        {
            Finding.Unless(
                e.Code == $"HTTP {(int)status}" || (e.Code.Length is > 0 and <= 100 && e.Code.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')),
                "the code is none");
            return e;
        }
    }

    // As the SDK's pipeline does it.
    private static AmazonServiceException Refusal(HttpStatusCode status, byte[] body)
    {
        var reader = ReceiveUnmarshaller.Default;
        using var context = reader.CreateContext(new Response(status, body.Length), readEntireResponse: true, new MemoryStream(body), metrics: null, isException: true);
        try
        {
            return reader.UnmarshallException(context, innerException: null, status);
        }
        catch (Exception e) when (e is not (AmazonServiceException or AmazonClientException))
        {
            return new AmazonUnmarshallingException(requestId: null, lastKnownLocation: null, context.ResponseBody, e, status);
        }
    }

    private sealed class Response(HttpStatusCode status, long length) : IWebResponseData
    {
        public long ContentLength => length;

        public string ContentType => "application/x-amz-json-1.0";

        public HttpStatusCode StatusCode => status;

        public bool IsSuccessStatusCode => false;

        public IHttpResponseBody? ResponseBody => null;

        public string[] GetHeaderNames() => [];

        public bool IsHeaderPresent(string headerName) => false;

        public string? GetHeaderValue(string headerName) => null;

        public IEventStreamHeader? GetEventStreamHeader(string headerName) => null;

        public bool IsEventHeaderPresent(string headerName) => false;
    }
}
