using Amazon;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Checks;
using LoginEtl.Aws.Conformance;
using LoginEtl.Aws.Queues;
using LoginEtl.Aws.Receiving;
using LoginEtl.Aws.Sending;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Ports;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Aws;

/// <summary>Opens SQS queues.</summary>
public sealed class SqsConnector : IQueueConnector
{
    /// <inheritdoc/>
    public IEnumerable<(string Name, string DisplayName)> Regions() =>
        // The SDK adds to its list whatever was asked for.
        RegionEndpoint.EnumerableAllRegions.Where(r => r.DisplayName != "Unknown").Select(r => (r.SystemName, r.DisplayName)).OrderBy(r => r.SystemName, StringComparer.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<string> ProfileNames() => SharedProfile.Names(Environment.GetEnvironmentVariable);

    /// <inheritdoc/>
    public async Task<IMessageSource> ReceiveFromAsync(
        QueueSettings settings, ReceiveOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        var queue = await QueueLookup.FindAsync(settings, cancellationToken).ConfigureAwait(false);
        try
        {
            var terms = await ReceiveTerms.ReadAsync(queue, cancellationToken).ConfigureAwait(false);
            return new SqsMessageSource(queue, terms, options, SqsTimings.Default);
        }
        catch (SqsException e)
        {
            queue.Client.Dispose();
            throw queue.Faults.Explain(e);
        }
        catch
        {
            queue.Client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LoginQueue>> ListAsync(QueueSettings settings, string prefix, Func<string, bool>? fits, CancellationToken cancellationToken) =>
        QueueListing.ReadAsync(settings, prefix, fits, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LoginQueue>> ListNamesAsync(QueueSettings settings, string prefix, CancellationToken cancellationToken) =>
        QueueListing.NamesAsync(settings, prefix, cancellationToken);

    /// <inheritdoc/>
    public async Task<IMessageSender> SendToAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var queue = await QueueLookup.FindAsync(settings, cancellationToken).ConfigureAwait(false);
        try
        {
            var byContent = await MessageGroup.DeduplicatesByContentAsync(queue, cancellationToken).ConfigureAwait(false);
            return new SqsMessageSender(queue, SqsTimings.Default, byContent);
        }
        catch (SqsException e)
        {
            queue.Client.Dispose();
            throw queue.Faults.Explain(e);
        }
        catch
        {
            queue.Client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Check>> CheckAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return QueueChecks.RunAsync(settings, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ConformanceReport> TryConformanceAsync(QueueSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ConformanceRun.RunAsync(settings, cancellationToken);
    }

    private static void Check(ReceiveOptions options)
    {
        Require(options.Receivers is null or (> 0 and <= ReceiveOptions.MostReceivers), nameof(options.Receivers), $"between 1 and {ReceiveOptions.MostReceivers}");
        Require(options.RetryFor >= TimeSpan.Zero || options.RetryFor == Timeout.InfiniteTimeSpan, nameof(options.RetryFor), "zero or more, or infinite");
        Require(options.MaxHeld > 0, nameof(options.MaxHeld), "1 or more");
        Require(options.MaxHeldBytes > 0, nameof(options.MaxHeldBytes), "1 or more");
        Require(options.MaxMessages is null or > 0, nameof(options.MaxMessages), "1 or more");
        Require(!(options.MaxDuration <= TimeSpan.Zero), nameof(options.MaxDuration), "above zero");
        Require(!(options.DrainWindow <= TimeSpan.Zero), nameof(options.DrainWindow), "above zero");
        Require(options.DrainTimeout >= TimeSpan.Zero, nameof(options.DrainTimeout), "zero or more");
        Require(options.StallTimeout > TimeSpan.Zero, nameof(options.StallTimeout), "above zero");
    }

    private static void Require(bool holds, string setting, string rule)
    {
        if (!holds)
        {
            throw new LoginEtlException(
                ErrorId.InvalidQueueSetting, $"{setting} must be {rule}.",
                $"Set {setting} accordingly.");
        }
    }
}
