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

    // Logins and rejects have the same properties, so that Export-Csv, whose first object names the columns, loses none, and
    // a script that sets one of a login does not fail at a reject.

    /// <summary>Of a record; here what a script has set, and nothing reads it.</summary>
    public string? UserId { get; set; }

    /// <inheritdoc cref="UserId"/>
    public string? DeviceType { get; set; }

    /// <summary>Of a record; here nothing.</summary>
    public string? MaskedIp { get; }

    /// <inheritdoc cref="MaskedIp"/>
    public string? MaskedDeviceId { get; }

    /// <inheritdoc cref="UserId"/>
    public string? Locale { get; set; }

    /// <inheritdoc cref="UserId"/>
    public string? AppVersion { get; set; }

    /// <inheritdoc cref="UserId"/>
    public DateOnly? CreateDate { get; set; }

    internal override long Size => Body.Length;

    /// <inheritdoc/>
    public override string ToString() => $"SealedReject {MessageId}: {new Rejection(Reason, Field)}";
}
