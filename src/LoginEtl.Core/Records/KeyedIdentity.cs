namespace LoginEtl.Records;

/// <summary>A <see cref="SenderIdentity"/> under the key: nobody can guess it back without.</summary>
/// <param name="Id">A version-8 uuid.</param>
/// <param name="Time">When the sender says it was sent; null where nothing says it.</param>
internal sealed record KeyedIdentity(Guid Id, DateTimeOffset? Time);
