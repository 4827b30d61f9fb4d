using LoginEtl.Records;

namespace LoginEtl.Ports;

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
    Task<IReadOnlyList<MessageId>> SendAsync(IReadOnlyList<string> bodies, CancellationToken cancellationToken) =>
        SendAsync(bodies, messageGroupId: null, cancellationToken);

    /// <summary>
    /// The same, into one message group. A FIFO queue needs one, and gets one request after the other, in the bodies'
    /// order; only an entry that the queue failed and that was sent again comes later than its neighbours. A queue that
    /// deduplicates by content answers equal bodies within 5 minutes with the first one's id.
    /// </summary>
    /// <param name="bodies">One message each.</param>
    /// <param name="messageGroupId">1 to 128 letters, digits and punctuation marks; null for none.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <exception cref="Faults.LoginEtlException">
    /// <c>MessageGroupMissing</c> and <c>MessageGroupInvalid</c>; a body was refused, or the queue failed for good. No text of a body is
    /// quoted.
    /// </exception>
    Task<IReadOnlyList<MessageId>> SendAsync(
        IReadOnlyList<string> bodies, string? messageGroupId, CancellationToken cancellationToken);

    /// <summary>
    /// Sends messages on, with their attributes and the one that says what they were first. One that the queue does not take
    /// stops no other. Those of a FIFO queue arrive in their order.
    /// </summary>
    /// <param name="messages">As they came.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <returns>Their new ids, in their order; null for one that the queue does not take.</returns>
    /// <exception cref="Faults.LoginEtlException">The queue failed for good; some may have been sent.</exception>
    Task<IReadOnlyList<MessageId?>> ForwardAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken);
}
