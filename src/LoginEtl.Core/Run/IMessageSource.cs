using LoginEtl.Decoding;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Run;

/// <summary>
/// A queue being received from. It polls in the background, keeps the leases of what is held alive, and settles what
/// it is told to. Outlives the receiving: settlement goes on until it is disposed.
/// </summary>
public interface IMessageSource : IAsyncDisposable
{
    /// <summary>The queue's name.</summary>
    string Name { get; }

    /// <summary>The books of this run.</summary>
    InFlightMessages Book { get; }

    /// <summary>Whether and why receiving has ended. A source heeds what others end it with: no poll begins any more.</summary>
    RunEnd RunEnd { get; }

    /// <summary>Calls that it has made.</summary>
    CallCounts Calls => new();

    /// <summary>How the bodies it gives are decoded.</summary>
    DecodeOptions Decoding => DecodeOptions.Default;

    /// <summary>
    /// Waits for messages. Empty at the end of the run: drained, stopped, or its limit reached.
    /// The deliveries are admitted to <see cref="Book"/>; no message is handed over twice while it is held.
    /// </summary>
    /// <exception cref="Faults.LoginEtlException">The queue, or something downstream, failed for good: <see cref="RunEnd.Failure"/>.</exception>
    Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Deletes messages whose transaction has committed. Retries what can be retried; what remains is counted as
    /// undeleted in the book and never throws: the rows are safe, and the messages come again as duplicates.
    /// </summary>
    Task DeleteAsync(IReadOnlyCollection<QueueDelivery> settled, CancellationToken cancellationToken);

    /// <summary>
    /// Makes messages visible again at once and settles them as returned; as lapsed where that failed. Never throws.
    /// </summary>
    Task ReturnAsync(IReadOnlyCollection<QueueDelivery> unsettled, CancellationToken cancellationToken);

    /// <summary>
    /// About how many messages still wait to be received, now or after their delay; null where nobody can tell. Costs a
    /// call, and never throws but for <paramref name="cancellationToken"/>.
    /// </summary>
    Task<long?> CountBacklogAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);
}

/// <summary>A message as a source hands it over.</summary>
/// <param name="Delivery">Admitted to the source's book.</param>
/// <param name="Body">UTF-8, at most 1 MiB.</param>
/// <param name="Rejection">Set when the source itself found it unusable (checksum, missing timestamp); otherwise null.</param>
public sealed record ReceivedMessage(QueueDelivery Delivery, byte[] Body, Rejection? Rejection = null)
{
    // Not public: serialisers walk public properties.
    internal byte[] Body { get; } = Body;

    /// <summary>Value of the message attribute that says what is the same message; null where none was asked for or came.</summary>
    public Plaintext? IdentityAttribute { get; init; }

    /// <summary>Bytes of the body.</summary>
    public int BodyLength => Body.Length;

    /// <summary>Names the message only: a record's own text would print the body.</summary>
    public override string ToString() => $"message {Delivery}";
}
