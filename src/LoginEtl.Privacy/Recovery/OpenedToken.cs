using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

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
