using LoginEtl.Keysets;
using LoginEtl.Masking;

namespace LoginEtl.Recovery;

/// <summary>
/// Gives tokens of one attribute their plaintext back, by the exact key each of them names and by enabled keys only.
/// Groups of some hundreds are fastest. Not thread-safe.
/// </summary>
public sealed class TokenOpener : IDisposable
{
    /// <summary>Tokens opened in one go: bounds the plaintext in memory.</summary>
    public const int GroupSize = 512;

    private readonly string _attribute;
    private readonly Keyset _keyset;
    private readonly Dictionary<uint, SivOpener> _openers = [];

    /// <summary>Reads the attribute's keys from <paramref name="keyring"/>, which stays the caller's.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>KeysetNotFound</c>, <c>KeysetInvalid</c>.</exception>
    public TokenOpener(Keyring keyring, string attribute)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        _attribute = attribute;
        _keyset = keyring.Get(attribute);
        _keyset.RequireType(TinkTypes.AesSivKey);
    }

    /// <summary>Opens each into the same place; never throws for a token.</summary>
    public OpenedToken[] Open(IReadOnlyList<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var opened = new OpenedToken[tokens.Count];
        var byKey = new Dictionary<uint, (List<int> Places, List<byte[]> Sivs)>();
        for (var i = 0; i < opened.Length; i++)
        {
            if (!SivToken.TryParse(tokens[i], out var id, out var siv))
            {
                opened[i] = new OpenedToken(TokenRefusal.Malformed);
            }
            else if (_keyset.Keys.FirstOrDefault(k => k.Id == id) is not { } key)
            {
                opened[i] = new OpenedToken(TokenRefusal.UnknownKey);
            }
            else if (key.Status != KeyStatus.Enabled)
            {
                opened[i] = new OpenedToken(TokenRefusal.DisabledKey);
            }
            else
            {
                if (!byKey.TryGetValue(id, out var group))
                {
                    byKey.Add(id, group = ([], []));
                }

                group.Places.Add(i);
                group.Sivs.Add(siv);
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
        foreach (var opener in _openers.Values)
        {
            opener.Dispose();
        }
    }

    private void Open(uint id, List<int> places, List<byte[]> sivs, OpenedToken[] opened)
    {
        if (!_openers.TryGetValue(id, out var opener))
        {
            _openers.Add(id, opener = new SivOpener(_keyset, _keyset.Keys.First(k => k.Id == id), _attribute));
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
