using Amazon.SQS.Model;
using LoginEtl.Aws;
using LoginEtl.Aws.Protocols;
using LoginEtl.Faults;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>How servers that know the Query protocol only are found out, by the answers they give to JSON.</summary>
public sealed class OldLocalStackTests
{
    // LocalStack before 3.0: github.com/localstack/localstack/issues/9610.
    private const string MissingAction = """
        <?xml version='1.0' encoding='utf-8'?>
        <ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Code>InternalError</Code><Message>exception while calling sqs with unknown operation: Operation detection failed. Missing Action in request for query-protocol service ServiceModel(sqs).</Message></Error><RequestId>A1</RequestId></ErrorResponse>
        """;

    private const string MissingActionInJson =
        """{"__type": "InternalError", "message": "Operation detection failed. Missing Action in request for query-protocol service ServiceModel(sqs)."}""";

    // As it answers from its template when there is nothing: no namespace, and a result of blanks.
    private const string NoMessages = """
        <ReceiveMessageResponse>
          <ReceiveMessageResult>

          </ReceiveMessageResult>
          <ResponseMetadata><RequestId>B2</RequestId></ResponseMetadata>
        </ReceiveMessageResponse>
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("500 Internal Server Error", "text/xml", MissingAction)]
    [InlineData("500 Internal Server Error", "application/x-amz-json-1.0", MissingActionInJson)]
    [InlineData("400 Bad Request", "text/xml", "<ErrorResponse><Error><Type>Sender</Type><Code>MissingAction</Code></Error></ErrorResponse>")]
    [InlineData("415 Unsupported Media Type", "text/plain", "There was a problem with the requests Content-Type")]
    public async Task Answer_that_means_Query_is_believed_at_once_and_remembered(string status, string type, string body)
    {
        var requests = new List<string>();
        await using var server = new StubServer(request =>
        {
            lock (requests)
            {
                requests.Add(request);
            }

            return request.Contains("X-Amz-Target", StringComparison.OrdinalIgnoreCase)
                ? StubServer.Http(status, type, body)
                : Answer(request);
        });

        await using (var source = await new SqsConnector().ReceiveFromAsync(
            server.Settings with { Protocol = QueueProtocol.Auto }, new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(200) }, Cancelled))
        {
            Assert.Empty(await source.ReceiveAsync(Cancelled));
        }

        lock (requests)
        {
            Assert.Contains("AmazonSQS.GetQueueUrl", requests[0], StringComparison.Ordinal);
            Assert.All(requests.Skip(1), r => Assert.Contains("Action=", r, StringComparison.Ordinal));
            Assert.Contains("Action=GetQueueUrl&Version=2012-11-05&QueueName=login-queue", requests[1], StringComparison.Ordinal);
            Assert.Contains(requests, r => r.Contains("Action=ReceiveMessage&", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Query_requests_are_signed_forms_to_the_path_of_the_queue_on_the_configured_endpoint()
    {
        var requests = new List<string>();
        await using var server = new StubServer(request =>
        {
            lock (requests)
            {
                requests.Add(request);
            }

            return Answer(request);
        });

        await using (await new SqsConnector().ReceiveFromAsync(
            server.Settings with { Protocol = QueueProtocol.Query }, new ReceiveOptions(), Cancelled))
        {
        }

        lock (requests)
        {
            Assert.StartsWith("POST / HTTP/1.1\r\n", requests[0], StringComparison.Ordinal);
            var request = requests.First(r => r.Contains("Action=GetQueueAttributes", StringComparison.Ordinal));
            Assert.StartsWith("POST /000000000000/login-queue HTTP/1.1\r\n", request, StringComparison.Ordinal);
            Assert.Contains("Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", request, StringComparison.Ordinal);
            Assert.Matches("Authorization: AWS4-HMAC-SHA256 Credential=AKEXAMPLE/[0-9]{8}/eu-central-1/sqs/aws4_request", request);
            Assert.Contains("&AttributeName.1=All", request, StringComparison.Ordinal);
            Assert.DoesNotContain("X-Amz-Target", string.Concat(requests), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Server_error_in_JSON_is_no_reason_to_speak_Query()
    {
        var queries = 0;
        await using var server = new StubServer(request =>
        {
            if (request.Contains("Action=", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref queries);
            }

            return StubServer.Http("500 Internal Server Error", "application/x-amz-json-1.0", """{"__type": "InternalError"}""");
        });

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector().SendToAsync(server.Settings with { Protocol = QueueProtocol.Auto }, Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
        Assert.Equal(0, queries);
    }

    [Fact]
    public async Task Receive_in_Query_asks_for_its_attributes_under_both_names()
    {
        string? asked = null;
        await using var server = new StubServer(request =>
        {
            asked = request;
            return StubServer.Xml(NoMessages);
        });
        using var client = server.QueryClient();

        var answer = await client.ReceiveMessageAsync(
            new ReceiveMessageRequest("http://localhost:4566/0/q")
            {
                MaxNumberOfMessages = 10,
                WaitTimeSeconds = 1,
                VisibilityTimeout = 30,
                MessageSystemAttributeNames = [.. MessageAttributes.AskedFor],
            },
            Cancelled);

        Assert.Empty(answer.Messages!);
        Assert.EndsWith(
            "Action=ReceiveMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%3A4566%2F0%2Fq&MaxNumberOfMessages=10"
            + "&WaitTimeSeconds=1&VisibilityTimeout=30&AttributeName.1=SentTimestamp&AttributeName.2=ApproximateReceiveCount"
            + "&AttributeName.3=MessageGroupId&AttributeName.4=SequenceNumber&MessageSystemAttributeName.1=SentTimestamp"
            + "&MessageSystemAttributeName.2=ApproximateReceiveCount&MessageSystemAttributeName.3=MessageGroupId"
            + "&MessageSystemAttributeName.4=SequenceNumber",
            asked, StringComparison.Ordinal);
    }

    private static string Answer(string request) => StubServer.Xml(
        request.Contains("Action=GetQueueUrl", StringComparison.Ordinal)
            ? """
              <GetQueueUrlResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><GetQueueUrlResult>
                <QueueUrl>http://elsewhere.invalid:4566/000000000000/login-queue</QueueUrl>
              </GetQueueUrlResult></GetQueueUrlResponse>
              """
            : request.Contains("Action=GetQueueAttributes", StringComparison.Ordinal) ? """
              <GetQueueAttributesResponse><GetQueueAttributesResult>
                <Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>
                <Attribute><Name>ApproximateNumberOfMessages</Name><Value>0</Value></Attribute>
                <Attribute><Name>ApproximateNumberOfMessagesNotVisible</Name><Value>0</Value></Attribute>
                <Attribute><Name>ApproximateNumberOfMessagesDelayed</Name><Value>0</Value></Attribute>
              </GetQueueAttributesResult></GetQueueAttributesResponse>
              """
            : NoMessages);
}
