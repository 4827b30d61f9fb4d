namespace LoginEtl.Keysets;

/// <summary>How a personal value becomes a token. docs/tokens.md says what each gives away.</summary>
public enum MaskMethod
{
    /// <summary>AES-256-SIV: whoever holds the key gets the value back.</summary>
    Siv,

    /// <summary>HMAC-SHA-256: equal values stay equal, and nothing leads back.</summary>
    Mac,

    /// <summary>
    /// A <see cref="Mac"/> token, and the original sealed to a public key in a vault: the masking host cannot read it back.
    /// </summary>
    Escrow,

    /// <summary>ipcrypt-pfx, addresses only: neighbours stay neighbours. What is no address becomes a <see cref="Siv"/> token.</summary>
    Pfx,
}
