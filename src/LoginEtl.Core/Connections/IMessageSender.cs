using LoginEtl.Records;

namespace LoginEtl.Connections;

/// <summary>A queue being sent to.</summary>
public interface IMessageSender : IAsyncDisposable
{
    /// <summary>The queue's name.</summary>
    string Name { get; }

    /// <summary>
    /// Sends bodies, in requests of at most 10 messages and 1 MiB; failed entries are retried. Answers their message
    /// ids in the bodies' order.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">A body was refused, or the queue failed for good; no text of a body is quoted.</exception>
    Task<IReadOnlyList<MessageId>> SendAsync(IReadOnlyList<string> bodies, CancellationToken cancellationToken);
}
