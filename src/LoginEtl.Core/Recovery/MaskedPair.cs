namespace LoginEtl.Recovery;

/// <summary>The tokens of one row; null for what is not there or not asked for.</summary>
/// <param name="Ip">Of the address.</param>
/// <param name="DeviceId">Of the device.</param>
public readonly record struct MaskedPair(string? Ip, string? DeviceId);
