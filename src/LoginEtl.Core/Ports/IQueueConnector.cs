using LoginEtl.Checks;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Ports;

/// <summary>Opens queues. Implemented on the far side of the module's private load context.</summary>
public interface IQueueConnector
{
    /// <summary>Regions of AWS, each with what it is called.</summary>
    IEnumerable<(string Name, string DisplayName)> Regions();

    /// <summary>Profiles of the shared AWS configuration.</summary>
    IEnumerable<string> ProfileNames();

    /// <summary>Finds the queue, reads its attributes and starts receiving.</summary>
    /// <exception cref="Faults.LoginEtlException">The queue is missing, unreachable, or refuses us.</exception>
    Task<IMessageSource> ReceiveFromAsync(
        QueueSettings settings, ReceiveOptions options, CancellationToken cancellationToken);

    /// <summary>The queue that is named, or, with <paramref name="fits"/>, those whose names begin and fit so, by name. Receives nothing.</summary>
    /// <exception cref="Faults.LoginEtlException">The queue is missing; the server is unreachable, or refuses us.</exception>
    Task<IReadOnlyList<LoginQueue>> ListAsync(QueueSettings settings, string prefix, Func<string, bool>? fits, CancellationToken cancellationToken);

    /// <summary>The queues whose names begin so, by name, and nothing else of them.</summary>
    /// <exception cref="Faults.LoginEtlException">The server is unreachable, or refuses us.</exception>
    Task<IReadOnlyList<LoginQueue>> ListNamesAsync(QueueSettings settings, string prefix, CancellationToken cancellationToken);

    /// <summary>Finds the queue for sending.</summary>
    /// <exception cref="Faults.LoginEtlException">The queue is missing, unreachable, or refuses us.</exception>
    Task<IMessageSender> SendToAsync(QueueSettings settings, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at credentials, queue, redrive policy, retention and visibility timeout without receiving anything. Faults
    /// are checks that failed; never throws them.
    /// </summary>
    Task<IReadOnlyList<Check>> CheckAsync(QueueSettings settings, CancellationToken cancellationToken);

    /// <summary>
    /// Tries what the promises rest on, on queues that it makes, whose names begin as the settings' queue does, and deletes
    /// them, whatever happens.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">No queue can be made.</exception>
    Task<ConformanceReport> TryConformanceAsync(QueueSettings settings, CancellationToken cancellationToken);
}
