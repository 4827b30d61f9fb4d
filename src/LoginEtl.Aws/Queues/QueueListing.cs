using Amazon.SQS.Model;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Ports;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Queues;

/// <summary>Queues of an account and region, as these credentials see them.</summary>
internal static class QueueListing
{
    // The most that SQS gives (API reference, ListQueues).
    private const int PageSize = 1000;
    private const int AtATime = 8;

    /// <summary>The queues whose names begin so, by name, and nothing else of them: a call for each thousand.</summary>
    /// <exception cref="Faults.LoginEtlException">The server is unreachable, or refuses us.</exception>
    public static async Task<IReadOnlyList<LoginQueue>> NamesAsync(QueueSettings settings, string prefix, CancellationToken cancellationToken)
    {
        var (service, endpoint) = await ConnectAsync(settings, cancellationToken).ConfigureAwait(false);
        using (service)
        {
            return await ExplainedAsync(
                new QueueFaults($"{prefix}*", endpoint),
                () => QueueLookup.AskAsync(service, settings, (client, _) => NamesAsync(client, prefix, cancellationToken))).ConfigureAwait(false);
        }
    }

    /// <summary>The queue that is named, or those whose names fit.</summary>
    /// <param name="settings">Names one; its name is not looked at where <paramref name="fits"/> is given.</param>
    /// <param name="prefix">How all names begin that fit.</param>
    /// <param name="fits">Says which names do; null for the one that is named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Faults.LoginEtlException">The one that is named is missing; the server is unreachable, or refuses us.</exception>
    public static async Task<IReadOnlyList<LoginQueue>> ReadAsync(
        QueueSettings settings, string prefix, Func<string, bool>? fits, CancellationToken cancellationToken)
    {
        if (fits is null)
        {
            var found = await QueueLookup.FindAsync(settings, cancellationToken).ConfigureAwait(false);
            using (found.Client)
            {
                return [await ExplainedAsync(found.Faults, () => LookAsync(found.Client, Named(found.Url), cancellationToken)).ConfigureAwait(false)];
            }
        }

        var (service, endpoint) = await ConnectAsync(settings, cancellationToken).ConfigureAwait(false);
        using (service)
        {
            return await ExplainedAsync(
                new QueueFaults($"{prefix}*", endpoint),
                () => QueueLookup.AskAsync(service, settings, (client, _) => ReadAllAsync(client, prefix, fits, cancellationToken))).ConfigureAwait(false);
        }
    }

    private static async Task<(SqsServiceClient Service, QueueEndpoint Endpoint)> ConnectAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        var endpoint = QueueEndpoints.Resolve(settings, new QueueAddress(settings.Queue, null, null, null), Environment.GetEnvironmentVariable);
        var credentials = await AccountCredentials.ResolveAsync(settings, endpoint.Region, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false);
        return (new SqsServiceClient(credentials, endpoint, settings.Timeout, direct: false), endpoint);
    }

    private static async Task<IReadOnlyList<LoginQueue>> ReadAllAsync(
        ISqsClient client, string prefix, Func<string, bool> fits, CancellationToken cancellationToken)
    {
        var queues = (await NamesAsync(client, prefix, cancellationToken).ConfigureAwait(false)).Where(q => fits(q.Name)).ToArray();
        await Parallel.ForAsync(
            0, queues.Length, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (i, token) => queues[i] = await LookAsync(client, queues[i], token).ConfigureAwait(false)).ConfigureAwait(false);
        return queues;
    }

    private static async Task<IReadOnlyList<LoginQueue>> NamesAsync(ISqsClient client, string prefix, CancellationToken cancellationToken)
    {
        var urls = new List<string>();
        string? next = null;
        do
        {
            var request = new ListQueuesRequest { QueueNamePrefix = prefix.Length > 0 ? prefix : null, MaxResults = PageSize, NextToken = next };
            var answer = await QueueLookup.WithRetriesAsync(() => client.ListQueuesAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            urls.AddRange((answer.QueueUrls ?? []).Where(u => !string.IsNullOrEmpty(u)));
            next = answer.NextToken;
        }
        while (!string.IsNullOrEmpty(next));

        return [.. urls.Distinct().Select(Named).OrderBy(q => q.Name, StringComparer.Ordinal)];
    }

    private static LoginQueue Named(string url) => new(url[(url.LastIndexOf('/') + 1)..], url);

    /// <summary>What a queue says of itself, and its dead-letter queue; its name alone where these credentials may not ask.</summary>
    private static async Task<LoginQueue> LookAsync(ISqsClient client, LoginQueue queue, CancellationToken cancellationToken)
    {
        var attributes = await AttributesAsync(client, queue.QueueUrl, cancellationToken).ConfigureAwait(false);
        var redrive = attributes?.GetValueOrDefault("RedrivePolicy") is { Length: > 0 } policy ? RedrivePolicy.Parse(policy) : null;
        return queue with
        {
            Visible = attributes.Number(QueueCounts.Names[0]),
            InFlight = attributes.Number(QueueCounts.Names[1]),
            Delayed = attributes.Number(QueueCounts.Names[2]),
            DeadLetterQueue = redrive?.DeadLetterQueue,
            DeadLetters = redrive is null ? null : await DeadLettersAsync(client, redrive.DeadLetterQueue, cancellationToken).ConfigureAwait(false),
            MaxReceiveCount = redrive?.MaxReceiveCount,
            VisibilityTimeout = attributes.Seconds("VisibilityTimeout"),
            Retention = attributes.Seconds("MessageRetentionPeriod"),
        };
    }

    private static async Task<long?> DeadLettersAsync(ISqsClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            var request = new GetQueueUrlRequest(name);
            var answer = await QueueLookup.WithRetriesAsync(() => client.GetQueueUrlAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return (await AttributesAsync(client, answer.QueueUrl, cancellationToken).ConfigureAwait(false)).Number(QueueCounts.Names[0]);
        }
        catch (SqsException e) when (e.Fault is SqsFault.Denied or SqsFault.NotFound)
        {
            return null;
        }
    }

    private static async Task<Dictionary<string, string?>?> AttributesAsync(ISqsClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            var request = new GetQueueAttributesRequest(url, ["All"]);
            return (await QueueLookup.WithRetriesAsync(() => client.GetQueueAttributesAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false)).Attributes;
        }
        catch (SqsException e) when (e.Fault is SqsFault.Denied or SqsFault.NotFound)
        {
            // One that is gone since, or not ours to look at.
            return null;
        }
    }

    private static async Task<T> ExplainedAsync<T>(QueueFaults faults, Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (SqsException e)
        {
            throw faults.Explain(e);
        }
    }
}
