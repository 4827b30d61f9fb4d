namespace LoginEtl.Records;

/// <summary>What decoding a body gives: a <see cref="LoginMessage"/> or a <see cref="RejectedLogin"/>.</summary>
public abstract class IncomingLogin : IDelivered
{
    // Fields, and no properties: neither a raw body nor the settlement belongs on screens or in serialised forms.
    private readonly Delivery _delivery;
    private readonly byte[]? _body;

    private protected IncomingLogin(Delivery delivery, byte[]? body)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        _delivery = delivery;
        _body = body;
    }

    /// <summary>The queue's MessageId, or the place of a line (<c>file:line</c>).</summary>
    public string MessageId => _delivery.ToString();

    /// <summary>When the producer sent it (UTC); null where the source has no such time.</summary>
    public DateTimeOffset? SentTimestamp => _delivery.SentTimestamp;

    /// <summary>How often it was delivered; 1 where the source does not count.</summary>
    public int ReceiveCount => _delivery.ReceiveCount;

    /// <summary>Where it came from, for whoever settles it. A method: serialisers leave it alone.</summary>
    public Delivery GetDelivery() => _delivery;

    /// <summary>The raw body where it is still needed: for sealing a reject, for a line's keyed identity.</summary>
    internal byte[]? Body => _body;
}
