using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers in JSON that are none of SQS: the SDK reads some of them without end.</summary>
public sealed class AnswerShapeTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> NoBatches =>
    [
        """{"Successful": 7}""", """{"Successful": "all"}""", """{"Successful": {}}""", """{"Successful": true}""",
        """{"Successful": [7]}""", """{"Successful": ["0"]}""", """{"Successful": [["0"]]}""", """{"failed": 7}""",
        """{"Failed": {"Id": "0"}}""", """{"Successful": [], "Failed": [{"Id": "0"}, 7]}""", """{"Successful": [{"Id": "0"}""",
    ];

    [Theory]
    [MemberData(nameof(NoBatches))]
    public Task Delete_is_told_of_what_is_no_answer(string body) =>
        AssertGarbledAsync(body, client => client.DeleteMessageBatchAsync(new DeleteMessageBatchRequest("http://q/", [new("0", "r")]), Cancelled));

    [Theory]
    [MemberData(nameof(NoBatches))]
    public Task Extension_is_told_of_what_is_no_answer(string body) => AssertGarbledAsync(
        body, client => client.ChangeMessageVisibilityBatchAsync(new ChangeMessageVisibilityBatchRequest("http://q/", [new("0", "r")]), Cancelled));

    [Theory]
    [MemberData(nameof(NoBatches))]
    public Task Sender_is_told_of_what_is_no_answer(string body) =>
        AssertGarbledAsync(body, client => client.SendMessageBatchAsync(new SendMessageBatchRequest("http://q/", [new("0", "b")]), Cancelled));

    [Theory]
    [InlineData("""{"Attributes": 7}""")]
    [InlineData("""{"Attributes": []}""")]
    [InlineData("""{"attributes": "none"}""")]
    [InlineData("""{"Attributes": {"VisibilityTimeout": ["30", "40"]}}""")]
    [InlineData("""{"Attributes": {"VisibilityTimeout": {"x": "30"}}}""")]
    public Task Attributes_are_told_of_what_is_no_answer(string body) =>
        AssertGarbledAsync(body, client => client.GetQueueAttributesAsync(new GetQueueAttributesRequest("http://q/", ["All"]), Cancelled));

    [Theory]
    [InlineData("""{"QueueUrls": 7}""")]
    [InlineData("""{"QueueUrls": {}}""")]
    [InlineData("""{"QueueUrls": [["http://q/"]]}""")]
    public Task Listing_is_told_of_what_is_no_answer(string body) =>
        AssertGarbledAsync(body, client => client.ListQueuesAsync(new ListQueuesRequest(), Cancelled));

    private static async Task AssertGarbledAsync<T>(string body, Func<ISqsClient, Task<T>> call)
    {
        await using var server = new StubServer(_ => StubServer.Json(body));
        using var client = server.JsonClient();
        var e = await Assert.ThrowsAsync<SqsException>(() => call(client).WaitAsync(TimeSpan.FromSeconds(20), Cancelled));
        Assert.Equal(SqsFault.Garbled, e.Fault);
    }
}
