using System.Diagnostics.CodeAnalysis;
using LoginEtl.Tokens;

namespace LoginEtl.Records;

/// <summary>
/// A login whose personal data are tokens. What is not personal can be set in the pipeline; tokens cannot.
/// </summary>
public sealed class LoginRecord : ProtectedLogin
{
    // A field, and no property: what is sealed is for the vault, not for screens and serialised forms.
    private readonly SealedOriginal[] _originals;

    // Fields behind properties without setters: nobody sets a token in a pipeline.
    private string? _maskedIp;
    private string? _maskedDeviceId;

    internal LoginRecord(Delivery delivery, Token? maskedIp, Token? maskedDeviceId)
        : base(delivery)
    {
        _maskedIp = maskedIp?.Text;
        _maskedDeviceId = maskedDeviceId?.Text;
        _originals = maskedIp?.Original is null && maskedDeviceId?.Original is null
            ? []
            : [.. new[] { maskedIp?.Original, maskedDeviceId?.Original }.OfType<SealedOriginal>()];
    }

    /// <summary>Who logged in; not empty.</summary>
    public required string UserId { get; set; }

    /// <summary>As sent; null where the message had none.</summary>
    public string? DeviceType { get; set; }

    /// <summary>Token of the address.</summary>
    public string? MaskedIp => _maskedIp;

    /// <summary>Token of the device.</summary>
    public string? MaskedDeviceId => _maskedDeviceId;

    /// <summary>As sent; null where the message had none.</summary>
    public string? Locale { get; set; }

    /// <summary>As sent, such as <c>2.3.0</c>; the writer encodes it by the column's type.</summary>
    public required string AppVersion { get; set; }

    /// <summary>Day (UTC) of SentTimestamp; the day of the load where a source has none.</summary>
    public required DateOnly CreateDate { get; set; }

    internal DateTimeOffset? CreatedAt { get; set; }

    /// <summary>What made its tokens; null of a record that was stored before.</summary>
    internal object? MaskedBy { get; set; }

    /// <summary>Its ip is no address and was masked as opaque text: another text of the same address has another token.</summary>
    internal bool HasNoAddress { get; init; }

    /// <summary>What of it is personal data and not masked.</summary>
    internal PiiFields Pii { get; init; }

    /// <summary>The moment that <see cref="CreateDate"/> was the day of, for columns that hold one.</summary>
    public DateTimeOffset? GetCreatedAt() => CreatedAt;

    /// <summary>What goes to the vault in the row's own transaction; empty unless a value is masked by escrow.</summary>
    public IReadOnlyList<SealedOriginal> GetSealedOriginals() => _originals;

    /// <summary>Tokens of the same values under other keys. What is sealed stays: it belongs to tokens that stay.</summary>
    internal void MaskAgain(string? maskedIp, string? maskedDeviceId, object by) =>
        (_maskedIp, _maskedDeviceId, MaskedBy) = (maskedIp, maskedDeviceId, by);

    // Tokens are short; what else there is may be as long as a body, in two bytes a character.
    internal override long Size => sizeof(char) * (LengthOf(UserId) + LengthOf(DeviceType) + LengthOf(Locale) + LengthOf(AppVersion));

    /// <summary>Of a reject; here nothing, so that both have the same properties.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts read it of an object.")]
    public RejectReason? Reason => null;

    /// <inheritdoc cref="Reason"/>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts read it of an object.")]
    public string? Field => null;

    /// <inheritdoc cref="Reason"/>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts read it of an object.")]
    public SealedBody? Body => null;

    /// <inheritdoc/>
    public override string ToString() => $"LoginRecord {MessageId}";

    private static long LengthOf(string? text) => text?.Length ?? 0;
}
