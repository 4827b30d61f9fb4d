using System.Diagnostics.CodeAnalysis;
using LoginEtl.Tokens;

namespace LoginEtl.Records;

/// <summary>
/// A decoded login with its personal data hidden but not yet masked. What is not personal can be set in the pipeline.
/// </summary>
public sealed class LoginMessage : IncomingLogin
{
    internal LoginMessage(Delivery delivery, byte[]? body)
        : base(delivery, body)
    {
    }

    /// <summary>Who logged in; not empty.</summary>
    public required string UserId { get; set; }

    /// <summary>As sent; null where the message had none.</summary>
    public string? DeviceType { get; set; }

    /// <summary>The address, hidden; null where the message had a null.</summary>
    public Plaintext? Ip { get; internal init; }

    /// <summary>The device, hidden; null where the message had a null.</summary>
    public Plaintext? DeviceId { get; internal init; }

    /// <summary>As sent; null where the message had none.</summary>
    public string? Locale { get; set; }

    /// <summary>As sent, such as <c>2.3.0</c>.</summary>
    public required string AppVersion { get; set; }

    /// <summary>The group it is masked with, and its place there; null where it came alone.</summary>
    internal (MaskingBatch Group, int Place)? Group { get; set; }

    /// <summary>Of a reject; here nothing, so that both have the same properties.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts read it of an object.")]
    public RejectReason? Reason => null;

    /// <inheritdoc cref="Reason"/>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts read it of an object.")]
    public string? Field => null;

    /// <inheritdoc/>
    public override string ToString() => $"LoginMessage {MessageId}";
}

/// <summary>
/// The personal data of messages that came together. They go through a pipeline one by one, and are masked together when
/// the first of them is: the block cipher's fixed cost per call is paid once for all. Thread-safe.
/// </summary>
internal sealed class MaskingBatch
{
    // Given up once they are masked: a message that is kept keeps no other's values.
    private Values? _values;

    private MaskingBatch(Values values) => _values = values;

    /// <summary>Joins the logins of one handover; what is no login is left out.</summary>
    public static void Join(IReadOnlyList<IncomingLogin> logins)
    {
        var messages = logins.OfType<LoginMessage>().ToList();
        if (messages.Count < 2)
        {
            return;
        }

        var group = new MaskingBatch(new Values([.. messages.Select(m => m.Ip)], [.. messages.Select(m => m.DeviceId)]));
        for (var i = 0; i < messages.Count; i++)
        {
            messages[i].Group = (group, i);
        }
    }

    /// <summary>The values, for the first who asks; null for everybody after.</summary>
    public Values? Take() => Interlocked.Exchange(ref _values, null);

    /// <summary>One of each a message; null where the message had a null.</summary>
    public sealed record Values(Plaintext?[] Ips, Plaintext?[] DeviceIds);
}
