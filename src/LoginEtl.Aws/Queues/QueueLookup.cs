using Amazon.Runtime;
using Amazon.SQS.Model;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Queues;

/// <summary>Finds a queue: endpoint, credentials, URL.</summary>
internal static class QueueLookup
{
    private const int Attempts = 3;

    /// <exception cref="LoginEtlException">
    /// A wrong setting, no credentials, or a queue that is missing, unreachable or refuses us.
    /// </exception>
    public static async Task<SqsQueue> FindAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        var address = QueueAddress.Parse(settings.Queue);
        var endpoint = QueueEndpoints.Resolve(settings, address, Environment.GetEnvironmentVariable);
        var credentials = await AccountCredentials
            .ResolveAsync(settings, endpoint.Region, Environment.GetEnvironmentVariable, cancellationToken)
            .ConfigureAwait(false);
        return await FindAsync(settings, address, endpoint, credentials, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, its endpoint and credentials known.</summary>
    /// <exception cref="LoginEtlException">A queue that is missing, unreachable or refuses us.</exception>
    public static async Task<SqsQueue> FindAsync(
        QueueSettings settings, QueueAddress address, QueueEndpoint endpoint, AWSCredentials credentials,
        CancellationToken cancellationToken)
    {
        var service = new SqsServiceClient(credentials, endpoint, settings.Timeout, settings.Protocol != QueueProtocol.Sdk);
        try
        {
            return await FindAsync(service, settings, address, endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (SqsException e)
        {
            service.Dispose();
            throw new QueueFaults(address.Name, endpoint).Explain(e);
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }

    /// <summary>Tries a call again while its failure may pass: enough for a hiccup, not for an outage.</summary>
    public static async Task<T> WithRetriesAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (SqsException e) when (e.IsTransient && attempt < Attempts)
            {
                await Task.Delay(Backoff.Delay(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static Task<SqsQueue> FindAsync(
        SqsServiceClient service, QueueSettings settings, QueueAddress address, QueueEndpoint endpoint,
        CancellationToken cancellationToken) =>
        AskAsync(service, settings, (client, protocol) => FindAsync(client, protocol, address, endpoint, cancellationToken));

    /// <summary>Asks in the protocol that is set, or that the server turns out to speak.</summary>
    public static async Task<T> AskAsync<T>(SqsServiceClient service, QueueSettings settings, Func<ISqsClient, QueueProtocol, Task<T>> ask)
    {
        var calls = new ServiceCalls(settings.Timeout);
        if (settings.Protocol != QueueProtocol.Query)
        {
            try
            {
                return await ask(new SdkSqsClient(service, calls), QueueProtocol.Json).ConfigureAwait(false);
            }
            catch (SqsException e) when (e.Fault == SqsFault.OtherProtocol && settings.Protocol == QueueProtocol.Auto)
            {
                // The first call of a connection tells: all that follow are in Query.
            }
        }

        return await ask(new QuerySqsClient(service, calls), QueueProtocol.Query).ConfigureAwait(false);
    }

    private static async Task<SqsQueue> FindAsync(
        ISqsClient client, QueueProtocol protocol, QueueAddress address, QueueEndpoint endpoint,
        CancellationToken cancellationToken)
    {
        var url = await FindUrlAsync(client, address, cancellationToken).ConfigureAwait(false);
        return new SqsQueue(client, address.Name, url, endpoint, address.IsFifo, protocol);
    }

    private static async Task<string> FindUrlAsync(
        ISqsClient client, QueueAddress address, CancellationToken cancellationToken)
    {
        var request = new GetQueueUrlRequest(address.Name) { QueueOwnerAWSAccountId = address.AccountId };
        try
        {
            var answer = await WithRetriesAsync(
                () => client.GetQueueUrlAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            return string.IsNullOrEmpty(answer.QueueUrl)
                ? throw new SqsException("GetQueueUrl", SqsFault.Garbled, "NoQueueUrl")
                : answer.QueueUrl;
        }
        catch (SqsException e) when (e.Fault == SqsFault.Denied && address.Url is not null)
        {
            // A consumer's rights often leave GetQueueUrl out, and the URL is known.
            return address.Url.AbsoluteUri;
        }
    }
}
