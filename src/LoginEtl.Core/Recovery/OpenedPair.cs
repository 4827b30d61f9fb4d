namespace LoginEtl.Recovery;

/// <summary>What became of the tokens of one row; null where there was none.</summary>
/// <param name="Ip">Of the address.</param>
/// <param name="DeviceId">Of the device.</param>
public readonly record struct OpenedPair(OpenedToken? Ip, OpenedToken? DeviceId);
