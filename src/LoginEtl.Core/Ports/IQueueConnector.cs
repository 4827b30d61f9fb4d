using LoginEtl.Checks;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Ports;

/// <summary>Opens queues. Implemented on the far side of the module's private load context.</summary>
public interface IQueueConnector
{
    /// <summary>Finds the queue, reads its attributes and starts receiving.</summary>
    /// <exception cref="Faults.LoginEtlException">The queue is missing, unreachable, or refuses us.</exception>
    Task<IMessageSource> ReceiveFromAsync(
        QueueSettings settings, ReceiveOptions options, CancellationToken cancellationToken);

    /// <summary>Finds the queue for sending.</summary>
    /// <exception cref="Faults.LoginEtlException">The queue is missing, unreachable, or refuses us.</exception>
    Task<IMessageSender> SendToAsync(QueueSettings settings, CancellationToken cancellationToken);

    /// <summary>
    /// Looks at credentials, queue, redrive policy, retention and visibility timeout without receiving anything. Faults
    /// are checks that failed; never throws them.
    /// </summary>
    Task<IReadOnlyList<Check>> CheckAsync(QueueSettings settings, CancellationToken cancellationToken);
}
