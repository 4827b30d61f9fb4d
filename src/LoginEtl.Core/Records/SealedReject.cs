namespace LoginEtl.Records;

/// <summary>A rejected message on its way to quarantine, its body sealed.</summary>
public sealed class SealedReject : ProtectedLogin
{
    internal SealedReject(Delivery delivery, Rejection rejection, SealedBody body)
        : base(delivery)
    {
        Reason = rejection.Reason;
        Field = rejection.Field;
        Body = body;
    }

    /// <summary>Why.</summary>
    public RejectReason Reason { get; }

    /// <summary>The schema's name of the field concerned; null where it is the body as a whole.</summary>
    public string? Field { get; }

    /// <summary>The body, encrypted to the quarantine's public key.</summary>
    public SealedBody Body { get; }

    internal override long Size => Body.Length;

    /// <inheritdoc/>
    public override string ToString() => $"SealedReject {MessageId}: {new Rejection(Reason, Field)}";
}
