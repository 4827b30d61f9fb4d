using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace LoginEtl.Sqs.Client.Pipeline;

/// <summary>Calls to one endpoint through the SDK's pipeline: credentials, SigV4, clock skew.</summary>
internal sealed class SqsServiceClient : AmazonServiceClient
{
    private static readonly SqsAnswerUnmarshaller Unmarshaller = new();
    private readonly InvokeOptions _options;

    /// <param name="credentials">Sign the calls.</param>
    /// <param name="endpoint">Where they go.</param>
    /// <param name="region">They are signed for it.</param>
    /// <param name="connectTimeout">Of one connection.</param>
    /// <param name="service">As signatures name it: calls to AWS KMS go through the same pipeline.</param>
    public SqsServiceClient(AWSCredentials credentials, Uri endpoint, string region, TimeSpan connectTimeout, string service = "sqs")
        : base(credentials, new SqsServiceConfig(endpoint, region, connectTimeout, service)) =>
        _options = new InvokeOptions
        {
            RequestMarshaller = new SqsCallMarshaller(endpoint),
            ResponseUnmarshaller = Unmarshaller,
        };

    // Bodies are personal data: no logging of responses, whatever AWSConfigs says.
    protected override bool SupportResponseLogging => false;

    /// <summary>The answer's bytes.</summary>
    public async Task<byte[]> CallAsync(SqsCall call, CancellationToken cancellationToken)
    {
        var answer = await InvokeAsync<SqsAnswer>(call, _options, cancellationToken).ConfigureAwait(false);
        return answer.Body;
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.AddHandlerAfter<Marshaller>(new SigV4Only());
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new ClockSkewRetry()));
    }
}
