using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>Names and numbers of Tink's key formats (tink.proto, aes_siv.proto, hmac.proto, ecies_aead_hkdf.proto).</summary>
internal static class TinkTypes
{
    public const string AesSivKey = "type.googleapis.com/google.crypto.tink.AesSivKey";
    public const string HmacKey = "type.googleapis.com/google.crypto.tink.HmacKey";
    /// <summary>
    /// Not one of Tink's, which has no such key: version = 1, key_value = 2 (32 bytes, K1 ‖ K2), in the manner of its own.
    /// </summary>
    public const string IpcryptPfxKey = "type.googleapis.com/loginetl.IpcryptPfxKey";

    public const string EciesPublicKey = "type.googleapis.com/google.crypto.tink.EciesAeadHkdfPublicKey";
    public const string EciesPrivateKey = "type.googleapis.com/google.crypto.tink.EciesAeadHkdfPrivateKey";
    public const string AesGcmKey = "type.googleapis.com/google.crypto.tink.AesGcmKey";

    /// <summary>First byte of everything made under output prefix TINK; the key id (4 bytes, big endian) follows.</summary>
    public const byte OutputPrefix = Base64Token.OutputPrefix;

    public const int Sha256 = 3;
    public const int NistP256 = 2;
    public const int UncompressedPoint = 1;
    public const int PrefixTink = 1;
}
