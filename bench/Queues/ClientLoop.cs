using LoginEtl.Aws;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Bench.Queues;

/// <summary>
/// Empties a queue as a run does, but for masking and database: batches of its default size settle as written, and one
/// batch of deletes at a time runs beside what is received next.
/// </summary>
/// <remarks>On the public surface alone, so that the same file measures other builds.</remarks>
internal static class ClientLoop
{
    private static readonly BatchOptions Batches = new();

    /// <summary>Answers how many messages were received and deleted.</summary>
    public static async Task<long> EmptyAsync(Uri endpoint, string queue, int messages, int? receivers)
    {
        var settings = new QueueSettings
        {
            Queue = queue,
            EndpointUrl = endpoint,
            Region = "us-east-1",
            AccessKey = "bench",
            SecretKey = new SecretText("bench"),
        };
        // Ends with the last message: the proof that a queue is drained would be a second of waiting.
        var options = new ReceiveOptions { MaxMessages = messages };
        await using var source = await new SqsConnector().ReceiveFromAsync(
            settings, receivers is { } fixedNumber ? options with { Receivers = fixedNumber } : options, default);
        return await EmptyAsync(source);
    }

    private static async Task<long> EmptyAsync(IMessageSource source)
    {
        var batch = new List<QueueDelivery>(Batches.BatchSize);
        var deleting = Task.CompletedTask;
        var begun = Environment.TickCount64;
        while (await source.ReceiveAsync(default) is { Count: > 0 } received)
        {
            foreach (var message in received)
            {
                if (batch.Count == 0)
                {
                    begun = Environment.TickCount64;
                }

                if (source.Book.Claim(message.Delivery))
                {
                    batch.Add(message.Delivery);
                }

                if (batch.Count == Batches.BatchSize || Environment.TickCount64 - begun >= Batches.FlushInterval.TotalMilliseconds)
                {
                    await deleting;
                    deleting = Settle(source, batch);
                    batch = new List<QueueDelivery>(Batches.BatchSize);
                }
            }
        }

        await deleting;
        await Settle(source, batch);
        return source.Book.Received;
    }

    private static Task Settle(IMessageSource source, List<QueueDelivery> batch)
    {
        foreach (var delivery in batch)
        {
            source.Book.BeginCommit(delivery);
        }

        foreach (var delivery in batch)
        {
            source.Book.Settle(delivery, Outcome.Written);
        }

        return source.DeleteAsync(batch, default);
    }
}
