using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>A key as the database knows it. A key without a row there may be written with.</summary>
/// <param name="Attribute"><c>ip</c> or <c>device_id</c>.</param>
/// <param name="Method">How its tokens are made: <c>siv</c>, …</param>
/// <param name="Prefix">What all its tokens begin with.</param>
/// <param name="State">What may be done with it.</param>
public sealed record StoredKey(string Attribute, string Method, string Prefix, StoredKeyState State)
{
    // Of a check value in hexadecimal. For the older ones a second key is found in minutes.
    private const int OlderCheckDigits = 8, CheckDigits = 32;

    /// <summary>When it came into this state, by the server's clock (UTC); set by the database.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary><see cref="LoginKey.CheckValue"/>; null of a destroyed key, and where the database was not told it.</summary>
    public string? CheckValue { get; init; }

    /// <summary>
    /// Whether it is about a key that could be: of an attribute that is masked, under a prefix as tokens have them. Who may
    /// register keys may write anything there.
    /// </summary>
    public bool IsWellFormed => KeysetName.Masked.Contains(Attribute) && Enum.GetValues<TokenKind>().Any(k => TokenPrefix.IsOf(k, Prefix));

    /// <summary>Whether another key under the same id would be told apart from it, by whoever reads this.</summary>
    public bool IsToldApart => CheckValue?.Length == CheckDigits;

    /// <summary>Whether both are about one key: prefixes are those of an attribute.</summary>
    public bool IsOf(StoredKey other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Attribute, Prefix) == (other.Attribute, other.Prefix);
    }

    /// <summary>
    /// Whether the database knows nothing else of the key's bytes: the same check value, none, or the beginning of it that
    /// earlier versions told.
    /// </summary>
    /// <param name="there">The same key as the database knows it.</param>
    public bool IsSameAs(StoredKey there)
    {
        ArgumentNullException.ThrowIfNull(there);
        return CheckValue is not { } here || there.CheckValue is not { } told || here == told || (told.Length == OlderCheckDigits && here.StartsWith(told, StringComparison.Ordinal));
    }

    /// <summary>A key that makes tokens, as the database is to know it.</summary>
    internal static StoredKey Of(LoginKey key, StoredKeyState state) =>
        new(KeysetName.Of(key.Name), key.Method, key.TokenPrefix!, state) { CheckValue = key.CheckValue };
}

/// <summary>What the database knows of a key: writers go by it, whatever their key files say.</summary>
public enum StoredKeyState
{
    /// <summary>New tokens are made with it.</summary>
    Primary,

    /// <summary>Opens what is there, and no row may be written under it: not any more, or not yet.</summary>
    Retired,

    /// <summary>Neither writes nor opens.</summary>
    Disabled,

    /// <summary>Gone; no row carries its prefix.</summary>
    Removed,
}
