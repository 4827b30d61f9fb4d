using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>What became of the tokens of one row; null where there was none.</summary>
/// <param name="OfIp">Of the address.</param>
/// <param name="OfDeviceId">Of the device.</param>
public readonly record struct OpenedPair(OpenedToken? OfIp, OpenedToken? OfDeviceId);

/// <summary>The tokens of one row; null for what is not there or not asked for.</summary>
/// <param name="MaskedIp">Of the address.</param>
/// <param name="MaskedDeviceId">Of the device.</param>
public readonly record struct MaskedPair(string? MaskedIp, string? MaskedDeviceId);

/// <summary>What became of one token: its plaintext, hidden, or why there is none.</summary>
public readonly record struct OpenedToken
{
    internal OpenedToken(string plaintext) => Plaintext = new Plaintext(plaintext);

    internal OpenedToken(TokenRefusal refusal) => Refusal = refusal;

    /// <summary>In canonical form; null when it was refused.</summary>
    public Plaintext? Plaintext { get; }

    /// <summary>Null when it was opened.</summary>
    public TokenRefusal? Refusal { get; }
}
