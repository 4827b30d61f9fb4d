namespace LoginEtl.Records;

/// <summary>A rejected message on its way to quarantine, its body sealed.</summary>
public sealed class SealedReject : ProtectedLogin
{
    private readonly Rejection _rejection;

    internal SealedReject(Delivery delivery, Rejection rejection, SealedBody body)
        : base(delivery)
    {
        _rejection = rejection;
        Body = body;
    }

    /// <summary>Code of the reason, such as <c>missing_field</c>.</summary>
    public string Reason => _rejection.Reason.Code();

    /// <summary>The schema's name of the field concerned; null where it is the body as a whole.</summary>
    public string? Field => _rejection.Field;

    /// <summary>The body, encrypted to the quarantine's public key.</summary>
    public SealedBody Body { get; }

    /// <summary>Both together. A method: serialisers walk public properties.</summary>
    public Rejection GetRejection() => _rejection;

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
    public override string ToString() => $"SealedReject {MessageId}: {_rejection}";
}
