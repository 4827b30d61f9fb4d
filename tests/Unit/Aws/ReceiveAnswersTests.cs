using System.Text;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Receiving;
using LoginEtl.Records;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers to a receive, in JSON: what is read of them, and what is none.</summary>
public sealed class ReceiveAnswersTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001B[2Jb")]
    [InlineData("\uD800")]
    public void Message_whose_id_could_not_be_kept_is_no_answer_of_SQS(string id)
    {
        var message = MessageOf(id);
        var e = Assert.Throws<SqsException>(() => MessageReader.Read(message, fifo: false));
        Assert.Equal((SqsFault.Garbled, "IncompleteMessage"), (e.Fault, e.Code));
        Assert.Throws<SqsException>(() => MessageReader.Read(MessageOf(new string('a', 101)), fifo: false));
        MessageReader.Read(MessageOf(new string('a', 100)), fifo: false);

        static SqsMessage MessageOf(string id) => new() { MessageId = id, ReceiptHandle = "handle", BodyBytes = [] };
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
    public void Message_attribute_is_read_and_an_odd_one_spoils_nothing()
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
    public async Task Status_without_messages_is_never_an_empty_queue(string status, string fault)
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
    public async Task Answer_without_messages_is_an_empty_queue(string body)
    {
        await using var server = new StubServer(_ => StubServer.Json(body));
        using var client = server.JsonClient();

        Assert.Empty((await client.ReceiveMessageAsync(new ReceiveMessageRequest("q"), Cancelled)).Messages);
    }

    [Fact]
    public async Task Checksum_is_taken_for_its_own_message_alone_whether_wrong_missing_or_right()
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
    public void Machine_that_computes_no_MD5_looks_at_no_checksum_and_says_so()
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
    public async Task Message_without_its_parts_is_no_answer_of_SQS(string body)
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
}
