using System.Text.Json.Nodes;
using LoginEtl.Aws;
using LoginEtl.Checks;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class CheckTests(ServersFixture servers, ElasticMqFixture elasticMq)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sound_queue_passes_every_check_and_nothing_is_received()
    {
        var queue = await WithLettersAsync(10, ("VisibilityTimeout", "60"), ("KmsMasterKeyId", "alias/logins"));
        await queue.SendAsync("{}");

        var checks = await CheckAsync(queue.Settings);

        Assert.Equal(
            ["Credentials", "Queue", "Protocol", "Redrive policy", "Retention", "Visibility timeout", "Encryption"],
            checks.Select(c => c.Name));
        Assert.All(checks, c => Assert.Equal((CheckOutcome.Pass, null), (c.Outcome, c.Remedy)));
        Assert.Contains("JSON", Of(checks, "Protocol").Detail, StringComparison.Ordinal);
        Assert.Contains("10 receives", Of(checks, "Redrive policy").Detail, StringComparison.Ordinal);
        Assert.Contains("SSE-KMS", Of(checks, "Encryption").Detail, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", Of(checks, "Queue").Detail, StringComparison.Ordinal);
        await using var source = await queue.ReceiveAsync();
        Assert.Equal(1, Assert.Single(await source.ReceiveAsync(Cancelled)).Delivery.ReceiveCount);
    }

    [Theory]
    [InlineData("Redrive policy", "VisibilityTimeout", "30", "dead-letter queue")]
    [InlineData("Redrive policy", "RedrivePolicy", "{", "cannot be read")]
    [InlineData("Redrive policy", "RedrivePolicy", """{"deadLetterTargetArn": "\ud800", "maxReceiveCount": 3}""", "cannot be read")]
    [InlineData("Redrive policy", "RedrivePolicy", """{"\ud800maxReceiveCount": 3, "deadLetterTargetArn": "a"}""", "cannot be read")]
    [InlineData("Redrive policy", "RedrivePolicy", """{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dlq", "maxReceiveCount": "9"}""", "dlq after 9 receives")]
    [InlineData("Retention", "MessageRetentionPeriod", "345599", "kept for 4 days")]
    [InlineData("Retention", "MessageRetentionPeriod", "60", "60 seconds")]
    [InlineData("Visibility timeout", "VisibilityTimeout", "29", "29 seconds")]
    [InlineData("Visibility timeout", "VisibilityTimeout", "0", "0 seconds")]
    public async Task What_should_be_looked_at_warns_and_says_what_to_do(string check, string attribute, string value, string detail)
    {
        var queue = await TestQueue.CreateAsync(servers, servers.NewQueueName(), new JsonObject { [attribute] = value });

        var found = Of(await CheckAsync(queue.Settings), check);

        Assert.Equal(CheckOutcome.Warn, found.Outcome);
        Assert.Contains(detail, found.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(found.Remedy!);
    }

    [Fact]
    public async Task Odd_server_is_judged_by_what_it_says()
    {
        await using var server = new StubServer(request => StubServer.Json(
            request.Contains("GetQueueUrl", StringComparison.Ordinal)
                ? """{"QueueUrl": "http://x/0/q"}"""
                : """{"Attributes": {"VisibilityTimeout": "43201", "SqsManagedSseEnabled": "true"}}"""));

        var checks = await CheckAsync(server.Settings);

        Assert.Equal(CheckOutcome.Warn, Of(checks, "Visibility timeout").Outcome);
        Assert.Equal(CheckOutcome.Warn, Of(checks, "Retention").Outcome);
        Assert.Contains("SSE-SQS", Of(checks, "Encryption").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Protocol_that_was_found_out_is_told()
    {
        var queue = await QueryQueue.CreateAsync(elasticMq);

        var checks = await CheckAsync(queue.Settings);

        Assert.Contains("Query", Of(checks, "Protocol").Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(checks, c => c.Outcome == CheckOutcome.Fail);
    }

    [Theory]
    [InlineData("400 Bad Request", """{"__type": "x#QueueDoesNotExist"}""", "is not at")]
    [InlineData("403 Forbidden", """{"__type": "x#AccessDeniedException", "message": "secret"}""", "AccessDeniedException")]
    [InlineData("500 Internal Server Error", "<html>", "failed")]
    [InlineData("415 Unsupported Media Type", "", "protocol")]
    [InlineData("200 OK", "{}", "not SQS")]
    [InlineData("200 OK", """{"QueueUrl": "http://x/0/q"}""", "not SQS")]
    public async Task Queue_that_cannot_be_used_fails_its_check_and_throws_nothing(string status, string body, string detail)
    {
        await using var server = new StubServer(_ => StubServer.Http(status, "application/x-amz-json-1.0", body));

        var checks = await CheckAsync(server.Settings);

        Assert.Equal(["Credentials", "Queue"], checks.Select(c => c.Name));
        Assert.Equal(CheckOutcome.Fail, checks[1].Outcome);
        Assert.Contains(detail, checks[1].Detail, StringComparison.Ordinal);
        Assert.NotEmpty(checks[1].Remedy!);
        Assert.DoesNotContain("secret", checks[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_without_a_visibility_timeout_fails()
    {
        await using var server = new StubServer(_ => StubServer.Json("""{"QueueUrl": "http://x/0/q", "Attributes": {}}"""));

        Assert.Equal(CheckOutcome.Fail, Of(await CheckAsync(server.Settings), "Visibility timeout").Outcome);
    }

    [Fact]
    public async Task Wrong_settings_and_missing_credentials_fail_their_checks()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings;

        var queue = Assert.Single(await CheckAsync(settings with { Queue = "two words" }));
        var half = Assert.Single(await CheckAsync(settings with { SecretKey = null }));
        var none = Assert.Single(await CheckAsync(settings with { AccessKey = null, SecretKey = null, ProfileName = "no-such" }));

        Assert.Equal(("Queue", CheckOutcome.Fail), (queue.Name, queue.Outcome));
        Assert.Equal(("Credentials", CheckOutcome.Fail), (half.Name, half.Outcome));
        Assert.Equal(("Credentials", CheckOutcome.Fail), (none.Name, none.Outcome));
        Assert.All([queue, half, none], c => Assert.NotEmpty(c.Remedy!));
    }

    [Fact]
    public async Task Only_whoever_asked_can_cancel_the_checks()
    {
        await using var server = new StubServer(_ => null);
        using var own = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        own.CancelAfter(100);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new SqsConnector().CheckAsync(server.Settings, own.Token));
    }

    private static Task<IReadOnlyList<Check>> CheckAsync(QueueSettings settings) =>
        new SqsConnector().CheckAsync(settings, Cancelled);

    private static Check Of(IReadOnlyList<Check> checks, string name) => Assert.Single(checks, c => c.Name == name);

    private async Task<TestQueue> WithLettersAsync(int maxReceiveCount, params (string Name, string Value)[] attributes)
    {
        var letters = await TestQueue.CreateAsync(servers);
        var all = letters.AsDeadLetters(maxReceiveCount);
        foreach (var (name, value) in attributes)
        {
            all[name] = value;
        }

        return await TestQueue.CreateAsync(servers, servers.NewQueueName(), all);
    }
}
