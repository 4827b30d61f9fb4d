namespace LoginEtl.Rotation;

/// <summary>A row and the tokens it is to carry.</summary>
/// <param name="Row">As it was read: the change is made only while it carries these.</param>
/// <param name="MaskedIp">The same as before, or a new one.</param>
/// <param name="MaskedDeviceId">The same as before, or a new one.</param>
public readonly record struct TokenChange(TokenRow Row, string? MaskedIp, string? MaskedDeviceId);
