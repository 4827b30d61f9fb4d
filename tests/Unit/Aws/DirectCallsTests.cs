using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using Amazon.SQS;
using Amazon.SQS.Model;
using Amazon.SQS.Model.Internal.MarshallTransformations;
using LoginEtl.Aws;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Direct;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Receives and deletes past the SDK's chain of handlers: the same requests, signed as the SDK signs them.</summary>
public sealed class DirectCallsTests
{
    private const string Messages = """{"Messages": []}""";
    private static readonly DateTime s_day = new(2026, 2, 28, 23, 59, 59, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Signatures_are_those_of_the_SDK_for_every_key_day_and_call()
    {
        var signer = new RequestSigner(new QueueEndpoint(new Uri("https://sqs.eu-central-1.amazonaws.com/"), "eu-central-1"));
        ImmutableCredentials[] keys = [new("AKONE", "secret-one", null), new("AKTWO", "secret-two", "token/+=="), new("AKONE", "secret-one", null)];

        foreach (var time in new[] { s_day, s_day.AddSeconds(1), s_day.AddYears(1), s_day })
        {
            foreach (var key in keys)
            {
                Assert.Equal(BySdk(Receive(), key, time), ByUs(signer, Receive(), key, time));
                Assert.Equal(BySdk(Delete(), key, time), ByUs(signer, Delete(), key, time));
            }
        }
    }

    [Fact]
    public void Endpoint_with_a_port_of_its_own_is_signed_with_it()
    {
        var endpoint = new QueueEndpoint(new Uri("http://127.0.0.1:9324/"), "us-east-1");
        var key = new ImmutableCredentials("AKONE", "secret-one", null);

        Assert.Equal(BySdk(Receive(), key, s_day, endpoint), ByUs(new RequestSigner(endpoint), Receive(), key, s_day));
    }

    [Theory]
    [InlineData(QueueProtocol.Auto, false)]
    [InlineData(QueueProtocol.Json, false)]
    [InlineData(QueueProtocol.Sdk, true)]
    public async Task Polls_go_past_the_SDK_unless_told_otherwise(QueueProtocol protocol, bool bySdk)
    {
        var polled = new TaskCompletionSource<string>();
        await using var server = new StubServer(request =>
        {
            if (request.Contains("AmazonSQS.ReceiveMessage", StringComparison.Ordinal))
            {
                polled.TrySetResult(request);
            }

            return StubServer.Json(request.Contains("AmazonSQS.GetQueueUrl", StringComparison.Ordinal)
                ? """{"QueueUrl": "http://elsewhere.invalid/000000000000/q"}"""
                : request.Contains("AmazonSQS.GetQueueAttributes", StringComparison.Ordinal)
                    ? """{"Attributes": {"VisibilityTimeout": "30"}}"""
                    : Messages);
        });

        await using var source = await new SqsConnector().ReceiveFromAsync(server.Settings with { Protocol = protocol }, new ReceiveOptions(), Cancelled);

        // The SDK numbers its attempts.
        Assert.Equal(bySdk, (await polled.Task.WaitAsync(Cancelled)).Contains("amz-sdk-request", StringComparison.OrdinalIgnoreCase));
    }

    private static IRequest Receive() => ReceiveMessageRequestMarshaller.Instance.Marshall(
        new ReceiveMessageRequest("https://q/1/a") { MaxNumberOfMessages = 10, MessageSystemAttributeNames = ["SentTimestamp"] });

    private static IRequest Delete() => DeleteMessageBatchRequestMarshaller.Instance.Marshall(
        new DeleteMessageBatchRequest("https://q/1/a", [new("0", "AQEB+/=ü"), new("1", "b")]));

    private static string ByUs(RequestSigner signer, IRequest request, ImmutableCredentials key, DateTime time)
    {
        using var message = signer.Sign(request.Headers, DirectCalls.BodyOf(request), key, time);
        return Shown(message.Headers.NonValidated["Authorization"].Single(), request.Headers.Keys);
    }

    private static string BySdk(IRequest request, ImmutableCredentials key, DateTime time, QueueEndpoint? endpoint = null)
    {
        var (url, region) = endpoint is null ? (new Uri("https://sqs.eu-central-1.amazonaws.com/"), "eu-central-1") : (endpoint.Url, endpoint.Region);
        request.Endpoint = url;
        if (key.UseToken)
        {
            request.Headers["x-amz-security-token"] = key.Token;
        }

        var config = new AmazonSQSConfig { ServiceURL = url.AbsoluteUri, AuthenticationRegion = region };
        var names = request.Headers.Keys.ToList();
        return Shown(new AWS4Signer().SignRequest(request, config, new RequestMetrics(), key.AccessKey, key.SecretKey, time).ForAuthorizationHeader, names);
    }

    // With what was signed beside it: two empty lists of headers would agree, too.
    private static string Shown(string authorization, IEnumerable<string> names)
    {
        Assert.All(names, name => Assert.Contains(name, authorization, StringComparison.OrdinalIgnoreCase));
        return authorization;
    }
}
