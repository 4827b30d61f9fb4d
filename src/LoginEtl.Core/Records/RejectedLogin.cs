namespace LoginEtl.Records;

/// <summary>A body that does not decode. It goes to quarantine, sealed; it never stops the others.</summary>
public sealed class RejectedLogin : IncomingLogin
{
    internal RejectedLogin(Delivery delivery, byte[] body, Rejection rejection)
        : base(delivery, body)
    {
        Reason = rejection.Reason;
        Field = rejection.Field;
    }

    /// <summary>Why.</summary>
    public RejectReason Reason { get; }

    /// <summary>The schema's name of the field concerned; null where it is the body as a whole.</summary>
    public string? Field { get; }

    /// <inheritdoc/>
    public override string ToString() => $"RejectedLogin {MessageId}: {new Rejection(Reason, Field)}";
}
