using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.Protecting;

/// <summary>Gives deliveries the identity that only the holder of the keys can make or verify. Not thread-safe.</summary>
/// <param name="keyring">Stays the caller's.</param>
internal sealed class DeliveryIdentity(Keyring keyring) : IDisposable
{
    private LineIdentity? _lines;
    private MessageIdentity? _messages;
    private OriginSeal? _origins;

    /// <summary>Says what messages were first.</summary>
    /// <exception cref="Faults.LoginEtlException">There is no key of lines.</exception>
    public OriginSeal Origins => _origins ??= new OriginSeal(keyring.Get(KeysetName.LineId));

    /// <summary>Identifies the delivery of a login; one that has its identity already keeps it.</summary>
    /// <exception cref="Faults.LoginEtlException">There is no key of lines.</exception>
    public void Identify(IncomingLogin login)
    {
        var delivery = login.GetDelivery();
        if (delivery.OriginClaim is { } claim)
        {
            // Anybody may have sent it: without a key to tell by, it stops no run.
            delivery.Trace(keyring.Find(KeysetName.LineId) is null ? null : Origins.Read(claim, login.Body));
        }

        if (delivery is LineDelivery { Id: null } line)
        {
            _lines ??= new LineIdentity(keyring.Get(KeysetName.LineId));
            line.Identify(_lines.Of(line, login.Body));
        }
        else if (delivery.SenderIdentity is { } identity)
        {
            _messages ??= new MessageIdentity(keyring.Get(KeysetName.LineId));
            delivery.Identify(_messages.Of(identity));
        }
    }

    public void Dispose()
    {
        _lines?.Dispose();
        _messages?.Dispose();
        _origins?.Dispose();
    }
}
