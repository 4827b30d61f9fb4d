using System.Diagnostics;
using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Sqs;
using LoginEtl.Sqs.Client;
using LoginEtl.Sqs.Receiving;
using Xunit;

namespace LoginEtl.Unit.Sqs;

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

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001B[2Jb")]
    [InlineData("\uD800")]
    public void A_message_whose_id_could_not_be_kept_is_no_answer_of_SQS(string id)
    {
        var message = SqsResponses.Message(id, "handle", "");
        var e = Assert.Throws<SqsException>(() => MessageReader.Read(message, fifo: false));
        Assert.Equal((SqsFault.Garbled, "IncompleteMessage"), (e.Fault, e.Code));
        Assert.Throws<SqsException>(() => MessageReader.Read(SqsResponses.Message(new string('a', 101), "handle", ""), fifo: false));
        MessageReader.Read(SqsResponses.Message(new string('a', 100), "handle", ""), fifo: false);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_in_time()
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
    public async Task A_server_that_stops_in_the_middle_of_an_answer_is_given_up_in_time()
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
    public async Task An_answer_cut_short_is_a_lost_connection()
    {
        await using var server = new StubServer(_ => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"QueueUrl\"");

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => new SqsConnector()
            .ReceiveFromAsync(server.Settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
    }

    [Fact]
    public async Task An_answer_without_its_length_is_read_to_its_end()
    {
        const string rest = "eUrl\": \"http://x/0/q\"}";
        await using var server = new StubServer(
            _ => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"Que\r\n1\r\nu\r\n{rest.Length:x}\r\n{rest}\r\n0\r\n\r\n");
        using var client = server.JsonClient();

        Assert.Equal("http://x/0/q", (await client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), Cancelled)).QueueUrl);
    }

    [Fact]
    public async Task An_answer_that_is_longer_than_any_is_not_waited_for()
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
    public async Task A_skewed_clock_is_corrected_and_the_call_signed_anew()
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
    public async Task One_body_that_is_no_text_does_not_spoil_the_others_of_its_answer()
    {
        await using var server = new StubServer(_ => StubServer.Json("""
            {"Messages": [
              {"MessageId": "1", "ReceiptHandle": "r1", "Body": "half \ud83d", "Attributes": {"SentTimestamp": "1700000000000"}},
              {"MessageId": "2", "ReceiptHandle": "r2", "Body": "whole \ud83d\ude00 \u00e9\n", "MD5OfBody": "4d3fd76d3d8daf8e7b3d6ae5c6ed1cb2", "Attributes": {"SentTimestamp": "1700000000000"}},
              {"MessageId": "3", "ReceiptHandle": "r3", "Body": "plain é", "Attributes": {"SentTimestamp": "1700000000000"}, "MessageAttributes": {"x": {"DataType": "String"}}}]}
            """));
        using var client = server.JsonClient();

        var answer = await client.ReceiveMessageAsync(
            new ReceiveMessageRequest("q"), Cancelled);

        var messages = answer.Messages!.Select(m => MessageReader.Read(m, fifo: false)).ToList();
        Assert.Equal(RejectReason.LoneSurrogate, messages[0].Rejection?.Reason);
        Assert.Equal(RejectReason.ChecksumMismatch, messages[1].Rejection?.Reason);
        Assert.Equal("whole 😀 é\n", Encoding.UTF8.GetString(messages[1].Body));
        Assert.Null(messages[2].Rejection);
        Assert.Equal("plain é", Encoding.UTF8.GetString(messages[2].Body));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1700000000000), messages[2].Delivery.SentTimestamp);
    }

    [Fact]
    public void A_message_attribute_is_read_and_an_odd_one_spoils_nothing()
    {
        var messages = ReceiveUnmarshaller.Read("""
            {"Messages": [
              {"MessageId": "1", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"x": {"DataType": "Binary", "BinaryValue": "AA=="}, "id": {"DataType": "String", "StringValue": "sevén"}}},
              {"MessageId": "2", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"id": {"StringValue": "\ud800"}}},
              {"MessageId": "3", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"id": {"StringValue": {"a": [1]}, "DataType": "String"}}},
              {"MessageId": "4", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"id": [1]}},
              {"MessageId": "5", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": null},
              {"MessageId": "6", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"\ud800": {"StringValue": "x"}}},
              {"MessageId": "7", "ReceiptHandle": "r", "Body": "b", "MessageAttributes": {"id": {"StringValue": null}}}]}
            """u8).Messages;
        var values = messages.Select(m => MessageReader.Read(m, fifo: false, "id").IdentityAttribute?.Reveal());
        Assert.Equal(["sevén", null, null, null, null, null, null], values);
        Assert.Null(MessageReader.Read(messages[0], fifo: false).IdentityAttribute);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_a_fault_of_their_own_message()
    {
        byte[] answer = [.. "{\"Messages\": [{\"Body\": \""u8, 0xC3, 0x28, .. "\"}, {\"Body\": \"\\n"u8, 0xFF, .. "\"}, {\"Body\": \"fine\"}]}"u8];

        var messages = ReceiveUnmarshaller.Read(answer).Messages.Cast<SqsMessage>();

        Assert.Equal([RejectReason.InvalidUtf8, RejectReason.InvalidUtf8, null], messages.Select(m => m.BodyFault));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"Messages": []""")]
    [InlineData("""{"Messages": {}}""")]
    [InlineData("""{"Messages": "x"}""")]
    [InlineData("""{"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": "x"}""")]
    [InlineData("<html><body>Welcome to the proxy</body></html>")]
    public async Task What_is_no_answer_to_a_receive_is_never_an_empty_queue(string body)
    {
        await using var server = new StubServer(_ => StubServer.Json(body));
        using var client = server.JsonClient();

        var e = await Assert.ThrowsAsync<SqsException>(() => client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled));

        Assert.Equal((SqsFault.Garbled, "UnreadableAnswer"), (e.Fault, e.Code));
    }

    [Theory]
    [InlineData("204 No Content", nameof(SqsFault.Garbled))]
    [InlineData("302 Found", nameof(SqsFault.Refused))]
    [InlineData("304 Not Modified", nameof(SqsFault.Refused))]
    public async Task A_status_without_messages_is_never_an_empty_queue(string status, string fault)
    {
        await using var server = new StubServer(_ => StubServer.Http(status, "application/x-amz-json-1.0", ""));
        using var client = server.JsonClient();

        var e = await Assert.ThrowsAsync<SqsException>(() => client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled));

        Assert.Equal(fault, e.Fault.ToString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(""" { "Messages" : null } """)]
    [InlineData("""{"ResponseMetadata": {"deep": [1, {}]}, "Messages": []}""")]
    public async Task An_answer_without_messages_is_an_empty_queue(string body)
    {
        await using var server = new StubServer(_ => StubServer.Json(body));
        using var client = server.JsonClient();

        Assert.Empty((await client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled)).Messages);
    }

    [Fact]
    public async Task A_checksum_is_taken_for_its_own_message_alone_whether_wrong_missing_or_right()
    {
        await using var server = new StubServer(_ => StubServer.Json("""
            {"Messages": [
              {"MessageId": "1", "ReceiptHandle": "r1", "Body": "hello", "MD5OfBody": "00000000000000000000000000000000"},
              {"MessageId": "2", "ReceiptHandle": "r2", "Body": "hello"},
              {"MessageId": "3", "ReceiptHandle": "r3", "Body": "hello", "MD5OfBody": "5D41402ABC4B2A76B9719D911017C592"},
              {"MessageId": "4", "ReceiptHandle": "r4", "Body": "hello", "MD5OfBody": "no checksum"},
              {"MessageId": "5", "ReceiptHandle": "r5", "Body": "hello", "MD5OfBody": null, "MD5OfMessageAttributes": "wrong", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}}]}
            """));
        using var client = server.JsonClient();

        var messages = (await client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled)).Messages.Select(m => MessageReader.Read(m, fifo: false));

        Assert.Equal(
            [RejectReason.ChecksumMismatch, null, null, RejectReason.ChecksumMismatch, null], messages.Select(m => m.Rejection?.Reason));
    }

    [Fact]
    public void A_machine_that_computes_no_MD5_looks_at_no_checksum_and_says_so()
    {
        // As in FIPS mode.
        BodyChecksum.Hash refusing = (_, _) => throw new System.Security.Cryptography.CryptographicException("unsupported");

        Assert.Null(BodyChecksum.Matches("hello"u8, "5d41402abc4b2a76b9719d911017c592", refusing));
        Assert.True(BodyChecksum.Matches("hello"u8, "5d41402abc4b2a76b9719d911017c592"));
        Assert.False(BodyChecksum.Matches("hallo"u8, "5d41402abc4b2a76b9719d911017c592"));
    }

    [Theory]
    [InlineData("""{"Messages": [{"MessageId": "1", "Body": "x"}]}""")]
    [InlineData("""{"Messages": [null]}""")]
    [InlineData("""{"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": 5}]}""")]
    [InlineData("""{"Messages": "x"}""")]
    [InlineData("[]")]
    public async Task A_message_without_its_parts_is_no_answer_of_SQS(string body)
    {
        await using var server = new StubServer(_ => StubServer.Json(body));
        using var client = server.JsonClient();

        var e = await Assert.ThrowsAsync<SqsException>(async () =>
        {
            var answer = await client.ReceiveMessageAsync(
                new ReceiveMessageRequest("q"), Cancelled);
            _ = answer.Messages!.Select(m => MessageReader.Read(m, fifo: false)).ToList();
        });

        Assert.Equal(SqsFault.Garbled, e.Fault);
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
