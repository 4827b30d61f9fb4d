namespace LoginEtl.Keysets;

/// <summary>A keyset that was just made.</summary>
/// <param name="Name">Which one: <c>ip</c>, <c>device_id</c>, <c>line_id</c>, <c>quarantine</c>, <c>quarantine (private)</c>.</param>
/// <param name="Path">Its file.</param>
/// <param name="PrimaryKeyId">Id of its one key.</param>
public sealed record NewKeyset(string Name, string Path, uint PrimaryKeyId);
