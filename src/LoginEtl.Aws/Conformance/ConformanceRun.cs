using System.Diagnostics;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Conformance;

/// <summary>Tries what the promises rest on, on queues that it makes and deletes. Lanes run side by side: most of the time is waiting.</summary>
internal static class ConformanceRun
{
    // Counts of an emulator under load are a little late, too.
    private static readonly TimeSpan ShortestLag = TimeSpan.FromSeconds(3);

    /// <summary>All of it, in the order of the report. The first lane's queue is made before the others.</summary>
    public static readonly IReadOnlyList<LanePlan> Plans =
    [
        new("", null, [.. MessageTrials.All, .. DeliveryTrials.Settling]),
        new("-times", null, DeliveryTrials.Timing),
        new("-polls", null, PollTrials.Polls),
        new("-counts", null, PollTrials.Counts),
        new("-source", "-dead", DeadLetterTrials.Standard),
        new(".fifo", null, FifoTrials.All),
        new("-source.fifo", "-dead.fifo", DeadLetterTrials.Fifo),
    ];

    /// <param name="settings">Where; its queue is how the names begin of those that are made.</param>
    /// <param name="cancellationToken">Ends it; what was made is deleted first.</param>
    /// <exception cref="LoginEtlException">A wrong setting, no credentials, or no queue can be made.</exception>
    public static async Task<ConformanceReport> RunAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        var (started, clock) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        var endpoint = QueueEndpoints.Resolve(settings, QueueAddress.Parse(settings.Queue), Environment.GetEnvironmentVariable);
        var credentials = await AccountCredentials.ResolveAsync(settings, endpoint.Region, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false);
        using var service = new SqsServiceClient(credentials, endpoint, settings.Timeout, settings.Protocol != QueueProtocol.Sdk);
        var queues = new TrialQueues(settings.Queue);
        IReadOnlyList<string> left = [];
        IReadOnlyList<ConformanceResult>[] results;
        var (client, protocol) = ((ISqsClient?)null, QueueProtocol.Auto);
        try
        {
            var lag = DrainWatch.WindowOf(new ReceiveOptions(), endpoint) is var window && window > ShortestLag ? window : ShortestLag;
            Lane first;
            (client, protocol, first) = await QueueLookup.AskAsync(
                service, settings,
                async (asked, spoken) =>
                {
                    client = asked;
                    return (asked, spoken, await queues.MakeAsync(asked, Plans[0], lag, cancellationToken).ConfigureAwait(false));
                }).ConfigureAwait(false);
            results = await Task.WhenAll(
                Plans.Select(p => TryAsync(p, () => p == Plans[0] ? Task.FromResult(first) : queues.MakeAsync(client, p, lag, cancellationToken), cancellationToken))).ConfigureAwait(false);
        }
        catch (SqsException e)
        {
            throw new QueueFaults(settings.Queue, endpoint).Explain(e);
        }
        finally
        {
            left = client is null ? left : await queues.DeleteAsync(client).ConfigureAwait(false);
        }

        return new ConformanceReport
        {
            Started = started,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            Version = ProgramVersion.Text,
            Endpoint = QueueHost.IsRegions(endpoint.Url) ? "AWS" : endpoint.IsLocal ? "Loopback" : "Other",
            Region = endpoint.Region,
            Protocol = $"{protocol}",
            Assertions = [.. results.SelectMany(r => r)],
            QueuesLeft = left,
        };
    }

    private static async Task<IReadOnlyList<ConformanceResult>> TryAsync(LanePlan plan, Func<Task<Lane>> make, CancellationToken cancellationToken)
    {
        var results = new List<ConformanceResult>();
        Lane? lane = null;
        Exception? unmade = null;
        foreach (var trial in plan.Trials)
        {
            var found = new Findings(trial);
            try
            {
                if (unmade is not null)
                {
                    throw unmade;
                }

                lane ??= await make().ConfigureAwait(false);
                await trial.TryAsync(lane, found).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Without its queue nothing of the lane can be tried.
                unmade ??= lane is null ? new TrialException(e is SqsException ? e.Message : e.GetType().Name) : null;
                found.Failed(unmade ?? e);
            }

            results.AddRange(found.Results);
        }

        return results;
    }
}
