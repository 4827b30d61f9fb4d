namespace LoginEtl.Records;

/// <summary>What came from a source and can be settled there: logins, rejects, records.</summary>
public interface IDelivered
{
    /// <summary>How messages and errors name it.</summary>
    string MessageId { get; }

    /// <summary>Where it came from, for whoever settles it. A method: serialisers leave it alone.</summary>
    Delivery GetDelivery();
}
