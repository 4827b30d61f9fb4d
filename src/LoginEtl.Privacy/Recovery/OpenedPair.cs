namespace LoginEtl.Recovery;

/// <summary>What became of the tokens of one row; null where there was none.</summary>
/// <param name="OfIp">Of the address.</param>
/// <param name="OfDeviceId">Of the device.</param>
public readonly record struct OpenedPair(OpenedToken? OfIp, OpenedToken? OfDeviceId);
