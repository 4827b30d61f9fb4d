using System.Globalization;
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

    /// <summary>URLs of the queues whose names begin so, by name.</summary>
    /// <exception cref="Faults.LoginEtlException">The server is unreachable, or refuses us.</exception>
    public static async Task<IReadOnlyList<string>> UrlsAsync(QueueSettings settings, string prefix, CancellationToken cancellationToken)
    {
        var (service, endpoint) = await ConnectAsync(settings, cancellationToken).ConfigureAwait(false);
        using (service)
        {
            return await ExplainedAsync(
                new QueueFaults($"{prefix}*", endpoint),
                () => QueueLookup.AskAsync(service, settings, (client, _) => UrlsAsync(client, prefix, cancellationToken))).ConfigureAwait(false);
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
                return await ExplainedAsync<IReadOnlyList<LoginQueue>>(
                    found.Faults, async () => [await WithDeadLettersAsync(found.Client, await LookAsync(found.Client, found.Url, cancellationToken).ConfigureAwait(false), [], cancellationToken).ConfigureAwait(false)])
                    .ConfigureAwait(false);
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
        return (new SqsServiceClient(credentials, endpoint, settings.Timeout), endpoint);
    }

    private static async Task<IReadOnlyList<LoginQueue>> ReadAllAsync(
        ISqsClient client, string prefix, Func<string, bool> fits, CancellationToken cancellationToken)
    {
        var urls = await UrlsAsync(client, prefix, cancellationToken).ConfigureAwait(false);
        var queues = new LoginQueue[urls.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, urls.Count, options, async (i, token) => queues[i] = await LookAsync(client, urls[i], token).ConfigureAwait(false)).ConfigureAwait(false);
        var fit = queues.Select((queue, place) => (queue, place)).Where(q => fits(q.queue.Name)).ToList();
        await Parallel.ForEachAsync(fit, options, async (q, token) => queues[q.place] = await WithDeadLettersAsync(client, q.queue, queues, token).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. fit.Select(q => queues[q.place])];
    }

    private static async Task<IReadOnlyList<string>> UrlsAsync(ISqsClient client, string prefix, CancellationToken cancellationToken)
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

        return [.. urls.Distinct().OrderBy(NameOf, StringComparer.Ordinal)];
    }

    private static string NameOf(string url) => url[(url.LastIndexOf('/') + 1)..];

    /// <summary>What a queue says of itself; its name alone where these credentials may not ask.</summary>
    private static async Task<LoginQueue> LookAsync(ISqsClient client, string url, CancellationToken cancellationToken)
    {
        var queue = new LoginQueue(NameOf(url), url);
        if (await AttributesAsync(client, url, cancellationToken).ConfigureAwait(false) is not { } attributes)
        {
            return queue;
        }

        var redrive = attributes.GetValueOrDefault("RedrivePolicy") is { Length: > 0 } policy ? RedrivePolicy.Parse(policy) : null;
        return queue with
        {
            Visible = Number(attributes, QueueCounts.Names[0]),
            InFlight = Number(attributes, QueueCounts.Names[1]),
            Delayed = Number(attributes, QueueCounts.Names[2]),
            DeadLetterQueue = redrive?.DeadLetterQueue,
            MaxReceiveCount = redrive?.MaxReceiveCount,
            VisibilityTimeout = Seconds(attributes, "VisibilityTimeout"),
            Retention = Seconds(attributes, "MessageRetentionPeriod"),
        };
    }

    private static async Task<LoginQueue> WithDeadLettersAsync(
        ISqsClient client, LoginQueue queue, IReadOnlyList<LoginQueue> known, CancellationToken cancellationToken)
    {
        if (queue.DeadLetterQueue is not { } name)
        {
            return queue;
        }

        if (known.FirstOrDefault(k => k.Name == name) is { } listed)
        {
            return queue with { DeadLetters = listed.Visible };
        }

        try
        {
            var url = (await client.GetQueueUrlAsync(new GetQueueUrlRequest(name), cancellationToken).ConfigureAwait(false)).QueueUrl;
            var attributes = await AttributesAsync(client, url, cancellationToken).ConfigureAwait(false);
            return queue with { DeadLetters = attributes is null ? null : Number(attributes, QueueCounts.Names[0]) };
        }
        catch (SqsException e) when (e.Fault is SqsFault.Denied or SqsFault.NotFound)
        {
            return queue;
        }
    }

    private static async Task<Dictionary<string, string>?> AttributesAsync(ISqsClient client, string url, CancellationToken cancellationToken)
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

    private static long? Number(Dictionary<string, string> attributes, string name) =>
        long.TryParse(attributes.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static TimeSpan? Seconds(Dictionary<string, string> attributes, string name) =>
        Number(attributes, name) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
