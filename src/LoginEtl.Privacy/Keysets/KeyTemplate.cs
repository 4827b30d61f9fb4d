using LoginEtl.Crypto;
using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>What the keys of a keyset are.</summary>
/// <param name="TypeUrl">Of every key in it.</param>
/// <param name="MaterialType">Tink's: SYMMETRIC, ASYMMETRIC_PUBLIC or ASYMMETRIC_PRIVATE.</param>
/// <param name="Tokens">What its keys make; null where they make none.</param>
/// <param name="Length">Bytes of a symmetric key; 0 for halves of pairs.</param>
internal sealed record KeyTemplate(string TypeUrl, string MaterialType, TokenKind? Tokens, int Length)
{
    private const string Symmetric = "SYMMETRIC";
    private static readonly KeyTemplate Siv = new(TinkTypes.AesSivKey, Symmetric, TokenKind.Siv, KeyMaterial.AesSivLength);
    private static readonly KeyTemplate Mac = new(TinkTypes.HmacKey, Symmetric, TokenKind.Mac, KeyMaterial.HmacLength);
    private static readonly KeyTemplate Pfx = new(TinkTypes.IpcryptPfxKey, Symmetric, TokenKind.Pfx, IpcryptPfx.KeyLength);
    private static readonly KeyTemplate Line = Mac with { Tokens = null };

    /// <summary>The half that seals.</summary>
    public static readonly KeyTemplate Public = new(TinkTypes.EciesPublicKey, "ASYMMETRIC_PUBLIC", null, 0);

    /// <summary>The half that opens.</summary>
    public static readonly KeyTemplate Private = new(TinkTypes.EciesPrivateKey, "ASYMMETRIC_PRIVATE", null, 0);

    /// <summary>That of a keyset by its name.</summary>
    public static KeyTemplate Of(string name) => name switch
    {
        KeysetName.LineId or KeysetName.Audit => Line,
        _ when KeysetName.IsPublic(name) => Public,
        _ when name == KeysetName.Pfx(KeysetName.Ip) => Pfx,
        _ when name == KeysetName.Mac(KeysetName.Ip) || name == KeysetName.Mac(KeysetName.DeviceId) => Mac,
        _ => Siv,
    };

    /// <summary>A new random key, serialised.</summary>
    public KeyBytes NewMaterial()
    {
        using var key = KeyBytes.Random(Length);
        return TypeUrl switch
        {
            TinkTypes.AesSivKey => KeyMaterial.WriteAesSiv(key),
            TinkTypes.HmacKey => KeyMaterial.WriteHmac(key),
            TinkTypes.IpcryptPfxKey => KeyMaterial.WritePfx(key),
            _ => throw new InvalidOperationException("Halves of pairs are made together."),
        };
    }
}
