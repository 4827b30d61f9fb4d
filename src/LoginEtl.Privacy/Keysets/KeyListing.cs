using System.Security.Cryptography;
using LoginEtl.Faults;
using LoginEtl.Tokens;

namespace LoginEtl.Keysets;

/// <summary>Keys as everybody may see them.</summary>
public static class KeyListing
{
    // Who may choose keys finds two that share the first four bytes in seconds, and one with given four in minutes.
    private const int CheckBytes = 16;

    /// <summary>The names that keysets may have.</summary>
    public static IReadOnlyList<string> Names => KeysetName.All;

    /// <summary>All keys of a source, or those of one keyset.</summary>
    /// <param name="keyring">The source.</param>
    /// <param name="name">Null for all.</param>
    /// <exception cref="LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>, <c>KeysetNameInvalid</c>.</exception>
    public static IReadOnlyList<LoginKey> Of(Keyring keyring, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        var names = name is null ? KeysetName.All.Where(n => keyring.Find(n) is not null) : [KeysetName.Require(name)];
        return [.. names.SelectMany(n => Of(n, keyring.Get(n)))];
    }

    /// <summary>The private halves of a source, whose check values are those of their public halves.</summary>
    /// <param name="source">A file, whose name without <c>.json</c> is theirs, or a program.</param>
    /// <exception cref="LoginEtlException">
    /// <c>KeysetNotFound</c>, <c>KeysetUnreadable</c>, <c>KeysetPermissions</c>, <c>KeysetInvalid</c>, <c>SettingInvalid</c>, <c>SecretUnreadable</c>.
    /// </exception>
    public static IReadOnlyList<LoginKey> OfPrivate(PrivateKeySource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var keyset = source.Read();
        return [.. Of(source.KeysName, keyset, KeyTemplate.Private)];
    }

    internal static IEnumerable<LoginKey> Of(string name, Keyset keyset) => Of(name, keyset, KeyTemplate.Of(name));

    private static IEnumerable<LoginKey> Of(string name, Keyset keyset, KeyTemplate form)
    {
        keyset.RequireType(form.TypeUrl);
        return keyset.Keys.Select(key => Of(name, form, keyset, key));
    }

    /// <summary>The primary key of a keyset.</summary>
    internal static LoginKey PrimaryOf(string name, Keyset keyset)
    {
        var form = KeyTemplate.Of(name);
        keyset.RequireType(form.TypeUrl);
        return Of(name, form, keyset, keyset.Primary);
    }

    private static LoginKey Of(string name, KeyTemplate form, Keyset keyset, KeysetKey key) => new(
        name, key.Id, key.Status, key == keyset.Primary, Method(name, form),
        form.Tokens is { } kind ? TokenPrefix.Of(kind, key.Id) : null,
        key.Status == KeyStatus.Destroyed ? null : CheckValue(keyset, key))
    {
        Source = keyset.Source,
    };

    internal static string CheckValue(Keyset keyset, KeysetKey key) => Convert.ToHexStringLower(Digest(keyset, key).AsSpan(0, CheckBytes));

    // An HMAC of nothing anyone chooses: it says no more of a random key than any token does.
    /// <summary>What equal keys share, whatever holds them, and others do not.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetInvalid</c>: it is no key.</exception>
    internal static byte[] Digest(Keyset keyset, KeysetKey key)
    {
        using var bytes = Bytes(keyset, key);
        return HMACSHA256.HashData(bytes.Span, "login-etl/1/key-check"u8);
    }

    /// <summary>The same of keys that do the same, though they be written otherwise.</summary>
    /// <exception cref="LoginEtlException"><c>KeysetInvalid</c>: it is no key.</exception>
    internal static byte[] UseDigest(Keyset keyset, KeysetKey key)
    {
        using var bytes = Bytes(keyset, key);
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, "login-etl/1/key-use"u8);
        var first = bytes.Span[..(bytes.Span.Length / 2)];
        var second = bytes.Span[first.Length..];
        switch (keyset.TypeUrl)
        {
            case TinkTypes.IpcryptPfxKey:
                // What its halves make is combined by XOR (draft-denis-ipcrypt), so their order is nothing.
                var inOrder = first.SequenceCompareTo(second) <= 0;
                hash.AppendData(inOrder ? first : second);
                hash.AppendData(inOrder ? second : first);
                break;
            case TinkTypes.EciesPrivateKey or TinkTypes.EciesPublicKey:
                // A point and its mirror have one x, which is all that is agreed on (RFC 6090, 4.2): whoever opens for the one opens for the other.
                hash.AppendData(first);
                break;
            default:
                hash.AppendData(bytes.Span);
                break;
        }

        return hash.GetHashAndReset();
    }

    private static KeyBytes Bytes(Keyset keyset, KeysetKey key) => keyset.TypeUrl switch
    {
        TinkTypes.AesSivKey => KeyMaterial.ReadAesSiv(keyset, key),
        TinkTypes.HmacKey => KeyMaterial.ReadHmac(keyset, key),
        TinkTypes.IpcryptPfxKey => KeyMaterial.ReadPfx(keyset, key),
        TinkTypes.EciesPrivateKey => Point(EciesKeys.ReadPrivate(keyset, key)),
        _ => Point(EciesKeys.ReadPublic(keyset, key)),
    };

    private static KeyBytes Point(ECParameters key)
    {
        CryptographicOperations.ZeroMemory(key.D);
        return KeyBytes.CopyOf([.. key.Q.X!, .. key.Q.Y!]);
    }

    private static string Method(string name, KeyTemplate form) =>
        form == KeyTemplate.Private ? "private" : form.Tokens is { } kind ? Enum.GetName(kind)!.ToLowerInvariant() : name switch
        {
            KeysetName.LineId => "line",
            KeysetName.Audit => KeysetName.Audit,
            _ => "public",
        };
}
