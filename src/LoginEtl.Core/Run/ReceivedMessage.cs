using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Run;

/// <summary>A message as a source hands it over.</summary>
/// <param name="Delivery">Admitted to the source's book.</param>
/// <param name="Body">UTF-8, at most 1 MiB.</param>
/// <param name="Rejection">Set when the source itself found it unusable (checksum, missing timestamp); otherwise null.</param>
public sealed record ReceivedMessage(QueueDelivery Delivery, byte[] Body, Rejection? Rejection = null)
{
    // Not public: serialisers walk public properties.
    internal byte[] Body { get; } = Body;

    /// <summary>Value of the message attribute that says what is the same message; null where none was asked for or came.</summary>
    public Plaintext? IdentityAttribute { get; init; }

    /// <summary>Bytes of the body.</summary>
    public int BodyLength => Body.Length;

    /// <summary>Names the message only: a record's own text would print the body.</summary>
    public override string ToString() => $"message {Delivery}";
}
