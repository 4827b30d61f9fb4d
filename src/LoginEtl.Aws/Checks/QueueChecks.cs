using Amazon.SQS.Model;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Queues;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Checks;

/// <summary>Looks at a queue before a run: asks for its URL and its attributes, and for no message.</summary>
internal static class QueueChecks
{
    /// <summary>One check after the other; what rests on one that failed is left out.</summary>
    /// <exception cref="OperationCanceledException">The caller's token, and nothing else.</exception>
    public static async Task<IReadOnlyList<Check>> RunAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        var checks = new List<Check>();
        var looking = CheckNames.Queue;
        try
        {
            var address = QueueAddress.Parse(settings.Queue);
            var endpoint = QueueEndpoints.Resolve(settings, address, Environment.GetEnvironmentVariable);
            looking = CheckNames.Credentials;
            var credentials = await AccountCredentials
                .ResolveAsync(settings, endpoint.Region, Environment.GetEnvironmentVariable, cancellationToken)
                .ConfigureAwait(false);
            checks.Add(new Check(looking, CheckOutcome.Pass, CredentialSource.Describe(credentials, settings)));

            looking = CheckNames.Queue;
            var queue = await QueueLookup
                .FindAsync(settings, address, endpoint, credentials, cancellationToken).ConfigureAwait(false);
            using var client = queue.Client;
            var attributes = await ReadAsync(queue, cancellationToken).ConfigureAwait(false);
            checks.Add(new Check(looking, CheckOutcome.Pass, $"'{queue.Name}' is at {queue.Faults.Place}."));
            checks.Add(new Check(CheckNames.Protocol, CheckOutcome.Pass, Spoken(queue.Protocol, settings.Protocol)));
            checks.AddRange(new AttributeChecks(attributes, endpoint).All());
        }
        catch (LoginEtlException e)
        {
            checks.Add(Failed(looking, e));
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            checks.Add(Failed(looking, LoginEtlException.Unexpected(e)));
        }

        return checks;
    }

    private static async Task<Dictionary<string, string?>> ReadAsync(SqsQueue queue, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await QueueLookup.WithRetriesAsync(
                () => queue.Client.GetQueueAttributesAsync(
                    new GetQueueAttributesRequest(queue.Url, ["All"]), cancellationToken),
                cancellationToken).ConfigureAwait(false);
            return answer.Attributes ?? throw new SqsException("GetQueueAttributes", SqsFault.Garbled, "NoAttributes");
        }
        catch (SqsException e)
        {
            throw queue.Faults.Explain(e);
        }
    }

    private static Check Failed(string name, LoginEtlException e) =>
        new(name, CheckOutcome.Fail, e.Message, e.Remedy);

    private static string Spoken(QueueProtocol protocol, QueueProtocol asked) => (protocol, asked) switch
    {
        (QueueProtocol.Query, QueueProtocol.Auto) => "Query: the server knows no JSON.",
        (_, QueueProtocol.Auto) => "JSON, which the server knows.",
        (QueueProtocol.Query, _) => "Query, as set.",
        _ => "JSON, as set.",
    };
}
