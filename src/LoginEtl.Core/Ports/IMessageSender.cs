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
}
