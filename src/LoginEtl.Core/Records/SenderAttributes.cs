namespace LoginEtl.Records;

/// <summary>A message's attributes as its sender made them, for whoever sends it on. They may hold anything, so nothing shows them.</summary>
/// <param name="attributes">In any order.</param>
public sealed class SenderAttributes(IReadOnlyList<SenderValue> attributes)
{
    /// <summary>None.</summary>
    public static readonly SenderAttributes None = new([]);

    /// <summary>Each of them. A method: serialisers leave it alone.</summary>
    public IReadOnlyList<SenderValue> Read() => attributes;

    /// <summary>Their number.</summary>
    public override string ToString() => $"{attributes.Count} attributes";
}

/// <summary>One of them (SQS API reference, MessageAttributeValue).</summary>
/// <param name="name">Its name.</param>
/// <param name="dataType"><c>String</c>, <c>Number</c> or <c>Binary</c>, with what the sender added.</param>
/// <param name="text">Its value, unless it is binary.</param>
/// <param name="bytes">Its value where it is binary.</param>
public sealed class SenderValue(string name, string dataType, string? text, byte[]? bytes)
{
    /// <summary>Name, type and value. A method: serialisers leave it alone.</summary>
    public (string Name, string DataType, string? Text, byte[]? Bytes) Read() => (name, dataType, text, bytes);
}
