namespace LoginEtl.Keysets;

/// <summary>A keyset that was just made.</summary>
/// <param name="Name">Which one: <c>ip</c>, <c>device_id.mac</c>, <c>quarantine</c>, <c>quarantine (private)</c>, ….</param>
/// <param name="Path">Its file.</param>
/// <param name="PrimaryKeyId">Id of its one key.</param>
public sealed record NewKeyset(string Name, string Path, uint PrimaryKeyId)
{
    /// <summary>The half of a pair that opens, to be moved away from the masking host.</summary>
    public bool IsPrivate { get; init; }
}
