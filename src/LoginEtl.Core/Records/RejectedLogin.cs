using LoginEtl.Tokens;

namespace LoginEtl.Records;

/// <summary>A body that does not decode. It goes to quarantine, sealed; it never stops the others.</summary>
public sealed class RejectedLogin : IncomingLogin
{
    private readonly Rejection _rejection;

    internal RejectedLogin(Delivery delivery, byte[] body, Rejection rejection)
        : base(delivery, body)
    {
        _rejection = rejection;
    }

    /// <summary>Code of the reason, such as <c>missing_field</c>.</summary>
    public string Reason => _rejection.Reason.Code();

    /// <summary>The schema's name of the field concerned; null where it is the body as a whole.</summary>
    public string? Field => _rejection.Field;

    /// <summary>Both together. A method: serialisers walk public properties.</summary>
    public Rejection GetRejection() => _rejection;

    // Logins and rejects have the same properties, so that Export-Csv, whose first object names the columns, loses none, and
    // a script that sets one of a login does not fail at a reject.

    /// <summary>Of a login; here what a script has set, and nothing reads it.</summary>
    public string? UserId { get; set; }

    /// <inheritdoc cref="UserId"/>
    public string? DeviceType { get; set; }

    /// <summary>Of a login; here nothing.</summary>
    public Plaintext? Ip { get; }

    /// <inheritdoc cref="Ip"/>
    public Plaintext? DeviceId { get; }

    /// <inheritdoc cref="UserId"/>
    public string? Locale { get; set; }

    /// <inheritdoc cref="UserId"/>
    public string? AppVersion { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"RejectedLogin {MessageId}: {_rejection}";
}
