namespace LoginEtl.Records;

/// <summary>
/// What may be written: a <see cref="LoginRecord"/> or a <see cref="SealedReject"/>. Neither can hold plaintext.
/// </summary>
public abstract class ProtectedLogin : IDelivered
{
    // A field, and no property: the settlement does not belong on screens or in serialised forms.
    private readonly Delivery _delivery;

    private protected ProtectedLogin(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        _delivery = delivery;
    }

    /// <summary>The queue's MessageId, or the uuid of a line.</summary>
    public string MessageId => (_delivery.Id ?? throw new InvalidOperationException("A protected login has an identity.")).Value;

    /// <summary>When the producer sent it (UTC); null where the source has no such time.</summary>
    public DateTimeOffset? SentTimestamp => _delivery.SentTimestamp;

    /// <summary>How often it was delivered; 1 where the source does not count.</summary>
    public int ReceiveCount => _delivery.ReceiveCount;

    /// <summary>About how many bytes of content it holds.</summary>
    internal abstract long Size { get; }

    /// <summary>Where it came from, for whoever settles it. A method: serialisers leave it alone.</summary>
    public Delivery GetDelivery() => _delivery;
}
