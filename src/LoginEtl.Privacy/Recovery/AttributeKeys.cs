using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>The keys that an attribute's tokens may have been made with, of every method.</summary>
internal static class AttributeKeys
{
    /// <summary>The keysets that the source has for it.</summary>
    public static IEnumerable<(TokenKind Kind, Keyset Keyset)> Keysets(Keyring keyring, string attribute)
    {
        (TokenKind, Keyset?)[] keysets =
        [
            (TokenKind.Siv, keyring.Find(attribute)),
            (TokenKind.Mac, keyring.Find(KeysetName.Mac(attribute))),
            (TokenKind.Pfx, attribute == KeysetName.Ip ? keyring.Find(KeysetName.Pfx(attribute)) : null),
        ];
        return keysets.Where(k => k.Item2 is not null).Select(k => (k.Item1, k.Item2!));
    }

    /// <summary>Masks with one of the keys, whichever is primary.</summary>
    public static IMasker Masker(TokenKind kind, Keyset keyset, KeysetKey key, string attribute, Keyring keyring, IpForm form = IpForm.Strict) => kind switch
    {
        TokenKind.Siv => new SivMasker(keyset, key, attribute, CanonicalForm.Of(attribute, form)),
        TokenKind.Mac => new MacMasker(keyset, key, attribute, CanonicalForm.Of(attribute, form)),
        _ => new PfxMasker(keyset, key, new SivMasker(keyring.Get(attribute), attribute, CanonicalForm.Of(attribute, form)), CanonicalForm.Of(attribute, form)),
    };

    /// <summary>The keys as the database is to know them.</summary>
    public static IEnumerable<StoredKey> Stored(Keyring keyring, string attribute) => StoredKeys.Held(keyring).Where(k => k.Attribute == attribute);
}
