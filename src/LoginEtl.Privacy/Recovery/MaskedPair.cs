namespace LoginEtl.Recovery;

/// <summary>The tokens of one row; null for what is not there or not asked for.</summary>
/// <param name="MaskedIp">Of the address.</param>
/// <param name="MaskedDeviceId">Of the device.</param>
public readonly record struct MaskedPair(string? MaskedIp, string? MaskedDeviceId);
