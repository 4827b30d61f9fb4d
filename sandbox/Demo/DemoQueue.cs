using System.Globalization;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Demo;

/// <summary>A queue of the sandbox's, with a dead-letter queue after ten receives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">Its URL as the server gave it, by which it wants to be called.</param>
/// <param name="DeadLettersUrl">The dead-letter queue's.</param>
internal sealed record DemoQueue(string Name, string Url, string DeadLettersUrl)
{
    private const int BatchSize = 10;
    private const int Senders = 4;
    private const int MaxReceiveCount = 10;

    // Far longer than a demo run holds a message, so that a replayed message comes when it is meant to.
    private const int VisibilitySeconds = 120;

    public static async Task<DemoQueue> CreateAsync(SqsCalls sqs, string name, CancellationToken cancellationToken)
    {
        string deadLetters = await CreateAsync(sqs, $"{name}-dead-letters", [], cancellationToken);
        JsonObject attributes = await sqs.CallAsync("GetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = deadLetters,
            ["AttributeNames"] = new JsonArray("QueueArn"),
        }, cancellationToken);
        var redrive = new JsonObject
        {
            ["deadLetterTargetArn"] = attributes["Attributes"]!["QueueArn"]!.GetValue<string>(),
            ["maxReceiveCount"] = MaxReceiveCount,
        };
        string url = await CreateAsync(sqs, name, new JsonObject
        {
            ["RedrivePolicy"] = redrive.ToJsonString(),
            ["VisibilityTimeout"] = VisibilitySeconds.ToString(CultureInfo.InvariantCulture),
        }, cancellationToken);
        return new DemoQueue(name, url, deadLetters);
    }

    /// <summary>Sends the bodies in tens, several requests at a time.</summary>
    public Task SendAsync(SqsCalls sqs, IEnumerable<string> bodies, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(bodies.Chunk(BatchSize),
            new ParallelOptions { MaxDegreeOfParallelism = Senders, CancellationToken = cancellationToken },
            async (batch, cancelled) => await sqs.CallAsync("SendMessageBatch", new JsonObject
            {
                ["QueueUrl"] = Url,
                ["Entries"] = new JsonArray([.. batch.Select((body, index) => new JsonObject
                {
                    ["Id"] = index.ToString(CultureInfo.InvariantCulture),
                    ["MessageBody"] = body,
                })]),
            }, cancelled));

    /// <summary>Makes received messages visible at once.</summary>
    public async Task MakeVisibleAsync(SqsCalls sqs, IEnumerable<string> receipts, CancellationToken cancellationToken)
    {
        foreach (string[] batch in receipts.Chunk(BatchSize))
            await sqs.CallAsync("ChangeMessageVisibilityBatch", new JsonObject
            {
                ["QueueUrl"] = Url,
                ["Entries"] = new JsonArray([.. batch.Select((receipt, index) => new JsonObject
                {
                    ["Id"] = index.ToString(CultureInfo.InvariantCulture),
                    ["ReceiptHandle"] = receipt,
                    ["VisibilityTimeout"] = 0,
                })]),
            }, cancellationToken);
    }

    /// <summary>Deletes both queues and what is left in them.</summary>
    public async Task DeleteAsync(SqsCalls sqs, CancellationToken cancellationToken)
    {
        foreach (string url in new[] { Url, DeadLettersUrl })
            await sqs.CallAsync("DeleteQueue", new JsonObject { ["QueueUrl"] = url }, cancellationToken);
    }

    private static async Task<string> CreateAsync(
        SqsCalls sqs, string name, JsonObject attributes, CancellationToken cancellationToken)
    {
        JsonObject answer = await sqs.CallAsync(
            "CreateQueue", new JsonObject { ["QueueName"] = name, ["Attributes"] = attributes }, cancellationToken);
        return answer["QueueUrl"]!.GetValue<string>();
    }
}
