using System.Diagnostics;
using Amazon.SQS.Model;
using LoginEtl.Aws;
using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers that no SQS server gives, and requests as a server sees them.</summary>
public sealed class AnswersTests
{
    private const string SomeQueue = """{"QueueUrl": "http://elsewhere.invalid/000000000000/q"}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("200 OK", "text/html", "<html><body>Welcome to the proxy</body></html>", "QueueAnswerUnreadable")]
    [InlineData("200 OK", "application/x-amz-json-1.0", """{"QueueUrl": "http://x""", "QueueAnswerUnreadable")]
    [InlineData("200 OK", "application/x-amz-json-1.0", "{}", "QueueAnswerUnreadable")]
    [InlineData("200 OK", "application/x-amz-json-1.0", "", "QueueAnswerUnreadable")]
    [InlineData("200 OK", "application/x-amz-json-1.0", "null", "QueueAnswerUnreadable")]
    [InlineData("200 OK", "application/x-amz-json-1.0", """{"QueueUrl": 7}""", "QueueAnswerUnreadable")]
    [InlineData("302 Found", "text/html", "", "QueueRequestRefused")]
    [InlineData("403 Forbidden", "text/html", "<html><p>no</html>", "QueueAccessDenied")]
    [InlineData("404 Not Found", "text/html", "<html>", "QueueAnswerUnreadable")]
    [InlineData("415 Unsupported Media Type", "text/plain", "", "QueueProtocolUnsupported")]
    [InlineData("500 Internal Server Error", "text/xml", "<ErrorResponse xmlns='u'><Error><Type>Sender</Type><Code>MissingAction</Code><Message>Missing Action</Message></Error></ErrorResponse>", "QueueProtocolUnsupported")]
    [InlineData("400 Bad Request", "text/xml", "<ErrorResponse><Error><Code>AWS.SimpleQueueService.NonExistentQueue</Code></Error></ErrorResponse>", "QueueNotFound")]
    [InlineData("400 Bad Request", "application/x-amz-json-1.0", """{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "secret"}""", "QueueNotFound")]
    [InlineData("400 Bad Request", "application/x-amz-json-1.0", """{"__type": "AccessDeniedException", "message": "secret"}""", "QueueAccessDenied")]
    [InlineData("400 Bad Request", "application/x-amz-json-1.0", """{"__type": "x#Inva<lid", "message": "secret"}""", "QueueAnswerUnreadable")]
    [InlineData("400 Bad Request", "application/x-amz-json-1.0", """{"__type": "x#InvalidAddress", "new": [1], "message": "secret"}""", "QueueRequestRefused")]
    [InlineData("503 Service Unavailable", "text/html", "<html>", "QueueUnreachable")]
    [InlineData("503 Slow Down", "application/x-amz-json-1.0", """{"__type": "x#ThrottlingException"}""", "QueueThrottled")]
    public async Task Whatever_answers_the_run_ends_with_a_clear_error(string status, string type, string body, string id)
    {
        await using var server = new StubServer(_ => StubServer.Http(status, type, body, "Location: http://elsewhere.invalid/\r\n"));

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector()
            .ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled));

        Assert.Equal(id, e.Id);
        Assert.Contains("127.0.0.1", e.Message, StringComparison.Ordinal);
        Assert.NotEmpty(e.Remedy);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_never_answers_is_given_up_in_time()
    {
        await using var server = new StubServer(_ => null);
        var clock = Stopwatch.StartNew();

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector()
            .ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
        Assert.Contains("Timeout", e.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Server_that_stops_in_the_middle_of_an_answer_is_given_up_in_time()
    {
        await using var server = new StubServer(
            _ => "HTTP/1.1 200 OK\r\nX-Stall: yes\r\nContent-Length: 1000\r\n\r\n{\"QueueUrl\"");
        var clock = Stopwatch.StartNew();

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector()
            .ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Answer_cut_short_is_a_lost_connection()
    {
        await using var server = new StubServer(_ => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"QueueUrl\"");

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector()
            .ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
    }

    [Fact]
    public async Task Answer_without_its_length_is_read_to_its_end()
    {
        const string rest = "eUrl\": \"http://x/0/q\"}";
        await using var server = new StubServer(
            _ => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"Que\r\n1\r\nu\r\n{rest.Length:x}\r\n{rest}\r\n0\r\n\r\n");
        using var client = server.JsonClient();

        Assert.Equal("http://x/0/q", (await client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), Cancelled)).QueueUrl);
    }

    [Fact]
    public async Task Answer_that_is_longer_than_any_is_not_waited_for()
    {
        await using var server = new StubServer(_ => "HTTP/1.1 200 OK\r\nX-Stall: yes\r\nContent-Length: 67108865\r\n\r\n{");
        using var client = server.JsonClient();

        var e = await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), Cancelled));

        Assert.Equal((SqsFault.Unavailable, "ConfigurationLimitExceeded"), (e.Fault, e.Code));
    }

    [Fact]
    public async Task Requests_are_signed_JSON_to_the_configured_endpoint_with_the_queue_url_as_it_was_returned()
    {
        var requests = new List<string>();
        await using var server = new StubServer(request =>
        {
            lock (requests)
            {
                requests.Add(request);
            }

            return StubServer.Json(request.Contains("GetQueueUrl", StringComparison.Ordinal)
                ? SomeQueue
                : """{"Attributes": {"VisibilityTimeout": "30"}, "Unknown": {"deep": [1, 2]}}""");
        });

        await using (await new SqsConnector().ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled))
        {
        }

        lock (requests)
        {
            var request = requests.First(r => r.Contains("AmazonSQS.GetQueueAttributes", StringComparison.Ordinal));
            Assert.StartsWith("POST / HTTP/1.1\r\n", request, StringComparison.Ordinal);
            Assert.Contains("Content-Type: application/x-amz-json-1.0\r\n", request, StringComparison.Ordinal);
            Assert.Matches("Authorization: AWS4-HMAC-SHA256 Credential=AKEXAMPLE/[0-9]{8}/eu-central-1/sqs/aws4_request", request);
            Assert.Contains("\"QueueUrl\":\"http://elsewhere.invalid/000000000000/q\"", request, StringComparison.Ordinal);
            Assert.DoesNotContain("top-secret", string.Concat(requests), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Skewed_clock_is_corrected_and_the_call_signed_anew()
    {
        var dates = new List<string>();
        await using var server = new StubServer(request =>
        {
            lock (dates)
            {
                dates.Add(request.Split("X-Amz-Date: ")[1].Split('\r')[0]);
                return dates.Count == 1
                    ? StubServer.Http(
                        "400 Bad Request", "application/x-amz-json-1.0", """{"__type": "x#InvalidSignatureException"}""",
                        $"Date: {DateTimeOffset.UtcNow.AddHours(3):R}\r\n")
                    : StubServer.Json(SomeQueue);
            }
        });

        await using var sender = await new SqsConnector().SendToAsync(server.Settings, Cancelled);

        Assert.Equal(2, dates.Count);
        Assert.NotEqual(dates[0][..11], dates[1][..11]);
    }

    [Fact]
    public async Task Nothing_of_an_answer_is_logged_whatever_the_settings_of_the_SDK_say()
    {
        var (to, responses, logged) = (Amazon.AWSConfigs.LoggingConfig.LogTo, Amazon.AWSConfigs.LoggingConfig.LogResponses, new StringWriter());
        using var listener = new TextWriterTraceListener(logged, "test");
        Amazon.AWSConfigs.LoggingConfig.LogTo = Amazon.LoggingOptions.SystemDiagnostics;
        Amazon.AWSConfigs.LoggingConfig.LogResponses = Amazon.ResponseLoggingOption.Always;
        Amazon.AWSConfigs.AddTraceListener("Amazon", listener);
        try
        {
            await using var server = new StubServer(request => request.Contains("ReceiveMessage", StringComparison.Ordinal)
                ? StubServer.Json("""{"Messages": [{"MessageId": "1", "ReceiptHandle": "cAnArY-handle", "Body": "cAnArY-body"}]}""")
                : StubServer.Http("400 Bad Request", "application/x-amz-json-1.0", """{"__type": "x#InvalidAddress", "message": "cAnArY-refusal"}"""));
            using var client = server.JsonClient();
            Assert.Single((await client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled)).Messages);
            await Assert.ThrowsAsync<SqsException>(() => client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), Cancelled));
        }
        finally
        {
            Amazon.AWSConfigs.RemoveTraceListener("Amazon", "test");
            (Amazon.AWSConfigs.LoggingConfig.LogTo, Amazon.AWSConfigs.LoggingConfig.LogResponses) = (to, responses);
        }

        Assert.DoesNotContain("cAnArY", logged.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_elses_cancellation_looks_like_a_timeout()
    {
        await using var server = new StubServer(_ => null);
        using var client = server.JsonClient();
        using var own = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        own.CancelAfter(100);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), own.Token));
    }
}
