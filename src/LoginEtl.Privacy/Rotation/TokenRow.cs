namespace LoginEtl.Rotation;

/// <summary>A row's tokens and where it stands.</summary>
/// <param name="Place">Names the row within its range for as long as nobody changes it.</param>
/// <param name="MaskedIp">As stored.</param>
/// <param name="MaskedDeviceId">As stored.</param>
public readonly record struct TokenRow(string Place, string? MaskedIp, string? MaskedDeviceId);
