using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Amazon.SQS.Model;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;

namespace LoginEtl.Aws.Conformance;

/// <summary>The queues that were made, and that are deleted whatever happens. Safe to use from several lanes.</summary>
/// <param name="prefix">How their names begin.</param>
internal sealed class TrialQueues(string prefix)
{
    private const string FifoEnd = ".fifo";
    private static readonly TimeSpan DeletedWithin = TimeSpan.FromSeconds(10);

    // SQS API reference, CreateQueue.
    private static readonly TimeSpan UsableAfter = TimeSpan.FromSeconds(1);

    // Null for one whose making was not answered: it may be there.
    private readonly ConcurrentDictionary<string, string?> _urls = new();

    /// <summary>Makes a lane's queues.</summary>
    public async Task<Lane> MakeAsync(ISqsClient client, LanePlan plan, TimeSpan countLag, CancellationToken cancellationToken)
    {
        TrialQueue? dead = null;
        var redrive = new Dictionary<string, string>();
        if (plan.DeadLetters is { } end)
        {
            dead = await MakeAsync(client, prefix + end, [], cancellationToken).ConfigureAwait(false);
            redrive["RedrivePolicy"] = new JsonObject
            {
                ["deadLetterTargetArn"] = (await dead.AttributesAsync().ConfigureAwait(false)).GetValueOrDefault("QueueArn"),
                ["maxReceiveCount"] = DeadLetterTrials.MaxReceiveCount,
            }.ToJsonString();
        }

        return new Lane(await MakeAsync(client, prefix + plan.Queue, redrive, cancellationToken).ConfigureAwait(false), dead, countLag);
    }

    /// <summary>Deletes all; the names of those that are still there, or may be.</summary>
    public async Task<IReadOnlyList<string>> DeleteAsync(ISqsClient client)
    {
        // Whoever stopped the trials wants this all the same.
        using var limit = new CancellationTokenSource(DeletedWithin);
        var left = new ConcurrentBag<string>();
        await Task.WhenAll(_urls.Select(async queue =>
        {
            try
            {
                await QueueLookup.WithRetriesAsync(() => DeleteAsync(client, queue.Key, queue.Value, limit.Token), limit.Token).ConfigureAwait(false);
            }
            catch (SqsException e) when (e.Fault == SqsFault.NotFound)
            {
                // It was never made, or an earlier try was heard.
            }
            catch (Exception e) when (e is SqsException or OperationCanceledException)
            {
                left.Add(queue.Key);
            }
        })).ConfigureAwait(false);
        return [.. left.Order(StringComparer.Ordinal)];
    }

    private static async Task<DeleteQueueResponse> DeleteAsync(ISqsClient client, string name, string? url, CancellationToken cancellationToken)
    {
        url ??= (await client.GetQueueUrlAsync(new GetQueueUrlRequest(name), cancellationToken).ConfigureAwait(false)).QueueUrl;
        return await client.DeleteQueueAsync(new DeleteQueueRequest(url), cancellationToken).ConfigureAwait(false);
    }

    private async Task<TrialQueue> MakeAsync(ISqsClient client, string name, Dictionary<string, string> attributes, CancellationToken cancellationToken)
    {
        // What a killed trial leaves behind is empty in an hour.
        attributes["MessageRetentionPeriod"] = "3600";
        if (name.EndsWith(FifoEnd, StringComparison.Ordinal))
        {
            attributes["FifoQueue"] = "true";
        }

        var request = new CreateQueueRequest(name) { Attributes = attributes, Tags = new() { ["made-by"] = "Test-LoginEtl -Conformance" } };
        _urls[name] = null;
        string url;
        try
        {
            url = (await QueueLookup.WithRetriesAsync(() => client.CreateQueueAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false)).QueueUrl
                ?? throw new SqsException("CreateQueue", SqsFault.Garbled, "NoQueueUrl");
        }
        catch (SqsException e) when (e.Fault is SqsFault.Refused or SqsFault.Denied or SqsFault.OtherProtocol or SqsFault.NotFound)
        {
            _urls.TryRemove(name, out _);
            throw;
        }

        _urls[name] = url;
        await Task.Delay(UsableAfter, cancellationToken).ConfigureAwait(false);
        return new TrialQueue(client, name, url, cancellationToken);
    }
}
