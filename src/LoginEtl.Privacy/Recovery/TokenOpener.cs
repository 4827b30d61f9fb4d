using System.Net;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Tokens;

namespace LoginEtl.Recovery;

/// <summary>
/// Gives tokens of one attribute their plaintext back, by the exact key each of them names and by enabled keys only.
/// Groups of some hundreds are fastest. Not thread-safe.
/// </summary>
internal sealed class TokenOpener : IDisposable
{
    /// <summary>Tokens opened in one go: bounds the plaintext in memory.</summary>
    public const int GroupSize = 512;

    // Bytes of an address of version 6.
    private const int LongAddress = 16;

    private readonly string _attribute;
    private readonly Keyset? _siv;
    private readonly Keyset? _pfx;
    private readonly Keyset? _mac;
    private readonly EscrowKey? _escrow;
    private readonly Dictionary<uint, SivOpener> _sivOpeners = [];
    private readonly Dictionary<uint, IpcryptPfx> _pfxOpeners = [];
    private readonly Dictionary<uint, MacMasker> _macMaskers = [];

    /// <summary>Reads the attribute's keys from <paramref name="keyring"/>, which stays the caller's.</summary>
    /// <param name="keyring">May lack keysets when the originals are in a vault.</param>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="escrow">The vault's private key; stays the caller's. Null where no original is to be opened.</param>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public TokenOpener(Keyring keyring, string attribute, EscrowKey? escrow = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        _attribute = attribute;
        _escrow = escrow;
        _pfx = attribute == KeysetName.Ip ? keyring.Find(KeysetName.Pfx(attribute)) : null;
        _mac = escrow is null ? null : keyring.Find(KeysetName.Mac(attribute));
        // Without any keyset of the attribute it is the wrong source; with mac alone its tokens are refused one by one.
        _siv = escrow is null && _pfx is null && keyring.Find(KeysetName.Mac(attribute)) is null ? keyring.Get(attribute) : keyring.Find(attribute);
        _siv?.RequireType(TinkTypes.AesSivKey);
        _pfx?.RequireType(TinkTypes.IpcryptPfxKey);
        _mac?.RequireType(TinkTypes.HmacKey);
    }

    /// <summary>Opens each into the same place; never throws for a token.</summary>
    /// <param name="tokens">As they stand in rows.</param>
    /// <param name="originals">What the vault has of this attribute's mac tokens, by token; null when it was not asked.</param>
    public OpenedToken[] Open(IReadOnlyList<string> tokens, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? originals = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var opened = new OpenedToken[tokens.Count];
        var byKey = new Dictionary<uint, (List<int> Places, List<byte[]> Sivs)>();
        for (var i = 0; i < opened.Length; i++)
        {
            if (!TokenParts.TryParse(tokens[i], out var parts) || (parts.Kind == TokenKind.Pfx && _attribute != KeysetName.Ip))
            {
                opened[i] = new OpenedToken(TokenRefusal.Malformed);
            }
            else if (parts.Kind == TokenKind.Mac)
            {
                opened[i] = OpenOriginal(tokens[i], originals);
            }
            else if ((parts.Kind == TokenKind.Siv ? _siv : _pfx)?.Keys.FirstOrDefault(k => k.Id == parts.KeyId) is not { } key)
            {
                opened[i] = new OpenedToken(TokenRefusal.UnknownKey);
            }
            else if (key.Status != KeyStatus.Enabled)
            {
                opened[i] = new OpenedToken(TokenRefusal.DisabledKey);
            }
            else if (parts.Kind == TokenKind.Pfx)
            {
                opened[i] = OpenAddress(key, parts.Body);
            }
            else
            {
                if (!byKey.TryGetValue(parts.KeyId, out var group))
                {
                    byKey.Add(parts.KeyId, group = ([], []));
                }

                group.Places.Add(i);
                group.Sivs.Add(parts.Body);
            }
        }

        foreach (var (id, (places, sivs)) in byKey)
        {
            Open(id, places, sivs, opened);
        }

        return opened;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var opener in _sivOpeners.Values)
        {
            opener.Dispose();
        }

        foreach (var opener in _pfxOpeners.Values)
        {
            opener.Dispose();
        }

        foreach (var masker in _macMaskers.Values)
        {
            masker.Dispose();
        }
    }

    private OpenedToken OpenOriginal(string token, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? originals) =>
        _escrow is null || originals is null ? new OpenedToken(TokenRefusal.NotRecoverable)
        : !originals.TryGetValue(token, out var original) ? new OpenedToken(TokenRefusal.NotInVault)
        : OriginalSealer.Open(_escrow.Keyset, _attribute, token, original.Span) is { } plaintext && MayBeOf(token, plaintext) ? new OpenedToken(plaintext)
        : new OpenedToken(TokenRefusal.OriginalUnopened);

    // Anybody can seal with the public key; the token's own key says whether it is the token of this, also a disabled one, which
    // only makes and opens nothing. Not held, it is taken.
    private bool MayBeOf(string token, string plaintext)
    {
        if (!TokenParts.TryParse(token, out var parts) || _mac?.Keys.FirstOrDefault(k => k.Id == parts.KeyId && k.Status != KeyStatus.Destroyed) is not { } key)
        {
            return true;
        }

        if (!_macMaskers.TryGetValue(key.Id, out var masker))
        {
            _macMaskers.Add(key.Id, masker = new MacMasker(_mac, key, _attribute, text => text));
        }

        return masker.Mask(plaintext).Text == token;
    }

    // Nothing tells a forged address from a genuine one: every address is the encryption of one.
    private OpenedToken OpenAddress(KeysetKey key, byte[] address)
    {
        if (!_pfxOpeners.TryGetValue(key.Id, out var cipher))
        {
            using var bytes = KeyMaterial.ReadPfx(_pfx!, key);
            _pfxOpeners.Add(key.Id, cipher = new IpcryptPfx(bytes.Span));
        }

        cipher.Decrypt(address);
        // Masking takes such an address for one of version 4. A token of its long form is a second spelling of that one's,
        // and whoever looks for the one in the audit would not find the other.
        return address.Length == LongAddress && new IPAddress(address).IsIPv4MappedToIPv6
            ? new OpenedToken(TokenRefusal.NotAuthentic)
            : new OpenedToken(AddressText.Format(address));
    }

    private void Open(uint id, List<int> places, List<byte[]> sivs, OpenedToken[] opened)
    {
        if (!_sivOpeners.TryGetValue(id, out var opener))
        {
            _sivOpeners.Add(id, opener = new SivOpener(_siv!, _siv!.Keys.First(k => k.Id == id), _attribute));
        }

        for (var at = 0; at < sivs.Count; at += GroupSize)
        {
            var plaintexts = opener.Open(sivs.GetRange(at, Math.Min(GroupSize, sivs.Count - at)));
            for (var i = 0; i < plaintexts.Length; i++)
            {
                opened[places[at + i]] = plaintexts[i] is { } plaintext
                    ? new OpenedToken(plaintext)
                    : new OpenedToken(TokenRefusal.NotAuthentic);
            }
        }
    }
}
