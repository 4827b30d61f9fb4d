using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Receiving;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers of the Query protocol, good and bad, as the client reads them.</summary>
public sealed class QueryAnswersTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_body_that_is_damaged_does_not_spoil_the_others_of_its_answer()
    {
        var messages = await ReceiveAsync(Messages(
            ("half &#xD83D;", null),
            ("whole &#xD83D;&#xDE00; é&#13;\r\n", "2b7b4a4a3b8a2a1f6f3d5c1e9b0a7d11"),
            ("<![CDATA[plain <é>]]>&amp;&lt;", null),
            ("a \u0001 control", null),
            ("a replacement \uFFFD", null),
            ("", null)));

        Assert.Equal(
            [RejectReason.LoneSurrogate, RejectReason.ChecksumMismatch, null, RejectReason.InvalidUtf8, RejectReason.InvalidUtf8, null],
            messages.Select(m => m.Rejection?.Reason));
        Assert.Equal("whole 😀 é\r\r\n", Encoding.UTF8.GetString(messages[1].Body));
        Assert.Equal("plain <é>&<", Encoding.UTF8.GetString(messages[2].Body));
        Assert.Empty(messages[5].Body);
    }

    [Fact]
    public async Task Replacement_character_that_was_sent_is_kept_beside_a_damaged_neighbour()
    {
        var messages = await ReceiveAsync(Messages(
            ("a \u0001 control", null),
            ("a replacement \uFFFD", "2A66CF3FA26038093B0DEACB9FEA1DC8"),
            ("a \u0002 control", "2a66cf3fa26038093b0deacb9fea1dc8")));

        Assert.Equal([RejectReason.InvalidUtf8, null, RejectReason.InvalidUtf8], messages.Select(m => m.Rejection?.Reason));
        Assert.Equal("a replacement \uFFFD", Encoding.UTF8.GetString(messages[1].Body));
    }

    [Fact]
    public async Task Replacement_character_that_was_sent_is_kept()
    {
        var messages = await ReceiveAsync(Messages(("a replacement \uFFFD", null), (" blanks \t", null)));

        Assert.All(messages, m => Assert.Null(m.Rejection));
        Assert.Equal("a replacement \uFFFD", Encoding.UTF8.GetString(messages[0].Body));
        Assert.Equal(" blanks \t", Encoding.UTF8.GetString(messages[1].Body));
    }

    [Fact]
    public async Task Checksum_is_that_of_the_body_as_it_was_sent()
    {
        var messages = await ReceiveAsync(Messages(("{&quot;a&quot;: &quot;é&quot;}", "dea3cd62d41a2f8d9a0d7a21d4d4a2c3"), ("hello", "5D41402ABC4B2A76B9719D911017C592")));

        Assert.Equal(RejectReason.ChecksumMismatch, messages[0].Rejection?.Reason);
        Assert.Null(messages[1].Rejection);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1700000000000), messages[1].Delivery.SentTimestamp);
        Assert.Equal(3, messages[1].Delivery.ReceiveCount);
    }

    [Fact]
    public async Task Entries_that_failed_are_told_from_those_that_succeeded()
    {
        await using var server = new StubServer(_ => StubServer.Xml("""
            <DeleteMessageBatchResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">
              <DeleteMessageBatchResult>
                <DeleteMessageBatchResultEntry><Id>0</Id></DeleteMessageBatchResultEntry>
                <BatchResultErrorEntry><Id>1</Id><Code>InternalError</Code><Message>of a secret</Message><SenderFault>false</SenderFault></BatchResultErrorEntry>
                <BatchResultErrorEntry><Id>2</Id><Code>ReceiptHandleIsInvalid</Code><SenderFault>true</SenderFault></BatchResultErrorEntry>
                <DeleteMessageBatchResultEntry><Id>3</Id></DeleteMessageBatchResultEntry>
              </DeleteMessageBatchResult>
            </DeleteMessageBatchResponse>
            """));
        using var client = server.QueryClient();

        var answer = await client.DeleteMessageBatchAsync(
            new DeleteMessageBatchRequest("http://x/0/q", [.. Enumerable.Range(0, 4).Select(i => new DeleteMessageBatchRequestEntry($"{i}", "r&="))]), Cancelled);

        Assert.Equal(["0", "3"], answer.Successful!.Select(e => e!.Id));
        Assert.Equal(
            [("1", "InternalError", false), ("2", "ReceiptHandleIsInvalid", true)],
            answer.Failed.Select(e => (e.Id, e.Code, e.SenderFault!.Value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not xml")]
    [InlineData("<html><body>Welcome to the proxy</body></html>")]
    [InlineData("<GetQueueUrlResponse><GetQueueUrlResult><QueueUrl>http://secret")]
    [InlineData("<ErrorResponse><Error><Code>InternalError</Code></Error></ErrorResponse>")]
    [InlineData("""<!DOCTYPE r [<!ENTITY x "secret">]><GetQueueUrlResponse><QueueUrl>&x;</QueueUrl></GetQueueUrlResponse>""")]
    [InlineData("""<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><GetQueueUrlResponse/>""")]
    [InlineData("<GetQueueUrlResponse><QueueUrl>&secret;</QueueUrl></GetQueueUrlResponse>")]
    [InlineData("""{"QueueUrl": "http://secret"}""")]
    public async Task What_is_no_answer_to_the_operation_is_called_unreadable_and_not_quoted(string body)
    {
        await using var server = new StubServer(_ => StubServer.Xml(body));
        using var client = server.QueryClient();

        var e = await Assert.ThrowsAsync<SqsException>(
            () => client.GetQueueUrlAsync(new GetQueueUrlRequest("q"), Cancelled));

        Assert.Equal(SqsFault.Garbled, e.Fault);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, 1)]
    [InlineData(1, 200_000)]
    public async Task Bomb_of_elements_is_put_down_before_it_fills_the_memory(int deep, int many)
    {
        var bomb = string.Concat(Enumerable.Repeat("<a>", deep)) + string.Concat(Enumerable.Repeat("<b/>", many));
        await using var server = new StubServer(_ => StubServer.Xml($"<ReceiveMessageResponse>{bomb}"));
        using var client = server.QueryClient();

        var e = await Assert.ThrowsAsync<SqsException>(() => client.ReceiveMessageAsync(Receive, Cancelled));

        Assert.Equal(SqsFault.Garbled, e.Fault);
    }

    [Theory]
    [InlineData("400 Bad Request", "<ErrorResponse><Error><Code>AWS.SimpleQueueService.NonExistentQueue</Code></Error></ErrorResponse>", nameof(SqsFault.NotFound))]
    [InlineData("403 Forbidden", "<ErrorResponse xmlns='u'><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code></Error></ErrorResponse>", nameof(SqsFault.Denied))]
    [InlineData("400 Bad Request", """{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}""", nameof(SqsFault.NotFound))]
    [InlineData("503 Service Unavailable", "<html>", nameof(SqsFault.Unavailable))]
    [InlineData("400 Bad Request", "<ErrorResponse><Error><Code>RequestThrottled</Code></Error></ErrorResponse>", nameof(SqsFault.Throttled))]
    public async Task Refusals_mean_what_they_mean_in_JSON(string status, string body, string fault)
    {
        await using var server = new StubServer(_ => StubServer.Http(status, "text/xml", body));
        using var client = server.QueryClient();

        var e = await Assert.ThrowsAsync<SqsException>(() => client.ReceiveMessageAsync(Receive, Cancelled));

        Assert.Equal(fault, e.Fault.ToString());
    }

    [Theory]
    [InlineData("http://x//127.0.0.1:1/q")]
    [InlineData("http://x/\\127.0.0.1:1/q")]
    [InlineData("http://x/@127.0.0.1:1/q")]
    [InlineData("http://x/../../http://127.0.0.1:1/q")]
    [InlineData("file://127.0.0.1:1/q")]
    public async Task Queue_URL_that_a_server_returned_leads_to_no_other_host(string url)
    {
        await using var server = new StubServer(_ => StubServer.Xml(Messages(("hello", null))));
        using var client = server.QueryClient();

        var answer = await client.ReceiveMessageAsync(new ReceiveMessageRequest(url), Cancelled);

        Assert.Single(answer.Messages!);
    }

    [Fact]
    public async Task Message_attribute_is_asked_for_and_read()
    {
        var asked = "";
        await using var server = new StubServer(request =>
        {
            asked = request;
            return StubServer.Xml(Messages(("hello", null)).Replace("</Message>", """
                <MessageAttribute><Name>x</Name><Value><StringValue>no</StringValue></Value></MessageAttribute>
                <MessageAttribute><Name>id</Name><Value><StringValue> 7 </StringValue><DataType>String</DataType></Value></MessageAttribute></Message>
                """, StringComparison.Ordinal));
        });
        using var client = server.QueryClient();
        var answer = await client.ReceiveMessageAsync(new ReceiveMessageRequest("http://x/0/q") { MessageAttributeNames = ["id"] }, Cancelled);
        Assert.Contains("&MessageAttributeName.1=id", asked, StringComparison.Ordinal);
        Assert.Equal(" 7 ", MessageReader.Read(Assert.Single(answer.Messages!), fifo: false, "id").IdentityAttribute?.Reveal());
    }

    private static ReceiveMessageRequest Receive => new("http://x/0/q");

    private static async Task<List<LoginEtl.Run.ReceivedMessage>> ReceiveAsync(string body)
    {
        await using var server = new StubServer(_ => StubServer.Xml(body));
        using var client = server.QueryClient();
        var answer = await client.ReceiveMessageAsync(Receive, Cancelled);
        return [.. answer.Messages!.Select(m => MessageReader.Read(m, fifo: false))];
    }

    private static string Messages(params (string Body, string? Md5)[] messages) =>
        "<r:ReceiveMessageResponse xmlns:r='urn:any'><r:ReceiveMessageResult>"
        + string.Concat(messages.Select((m, i) =>
            $"<Message><MessageId>{i}</MessageId><ReceiptHandle>\n  r{i}\n</ReceiptHandle>"
            + (m.Md5 is null ? "" : $"<MD5OfBody>{m.Md5}</MD5OfBody>") + $"<Body>{m.Body}</Body>"
            + "<Attribute><Name>SentTimestamp</Name><Value>1700000000000</Value></Attribute>"
            + "<Attribute><Name>ApproximateReceiveCount</Name><Value>3</Value></Attribute></Message>"))
        + "</r:ReceiveMessageResult></r:ReceiveMessageResponse>";
}
