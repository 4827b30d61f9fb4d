using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Recovery;
using LoginEtl.Tokens;

namespace LoginEtl.Rotation;

/// <summary>
/// Makes tokens under old keys of one attribute tokens under the primary key of the same method: opened and masked again
/// in memory, each distinct one once; and of values that are no tokens some, where it is told what they say. Not thread-safe.
/// </summary>
internal sealed class TokenRotator : IDisposable
{
    private readonly TokenOpener? _opener;
    private readonly Dictionary<string, IMasker> _maskers = [];
    private readonly Dictionary<string, string> _methods;
    private readonly PlainValues? _plain;
    private readonly IMasker? _plainMasker;

    /// <param name="keyring">Stays the caller's.</param>
    /// <param name="attribute"><c>ip</c> or <c>device_id</c>.</param>
    /// <param name="known">What a database has disabled or removed is so, whatever an older file says.</param>
    /// <param name="plain">How values that are no tokens become some; null where they stay.</param>
    public TokenRotator(Keyring keyring, string attribute, IReadOnlyList<StoredKey>? known = null, PlainValues? plain = null)
    {
        Attribute = attribute;
        Keys = [.. AttributeKeys.Stored(keyring, attribute).Select(k =>
            k.State == StoredKeyState.Retired && known?.FirstOrDefault(k.IsOf) is { State: StoredKeyState.Disabled or StoredKeyState.Removed } there ? k with { State = there.State } : k)];
        Old = [.. Keys.Where(k => k.State == StoredKeyState.Retired && k.CanBeMadeAnew())];
        _methods = Old.ToDictionary(k => k.Prefix, k => k.Method);
        _opener = Old.Count > 0 ? new TokenOpener(keyring, attribute) : null;
        foreach (var (kind, keyset) in AttributeKeys.Keysets(keyring, attribute).Where(k => _methods.ContainsValue(StoredKeys.Method(k.Kind))))
        {
            _maskers.Add(StoredKeys.Method(kind), AttributeKeys.Masker(kind, keyset, keyset.Primary, attribute, keyring));
        }

        (_plain, _plainMasker) = (plain, plain?.Masker(keyring, attribute));
    }

    /// <summary>What values that are no tokens are counted under in <see cref="Refused"/>.</summary>
    public const string NoPrefix = "";

    public string Attribute { get; }

    /// <summary>The keys as the database is to know them.</summary>
    public IReadOnlyList<StoredKey> Keys { get; }

    /// <summary>Those whose tokens can be replaced.</summary>
    public IReadOnlyList<StoredKey> Old { get; }

    /// <summary>By prefix: values that could not be opened, or of which nobody knows what they say, since this was last emptied.</summary>
    public Dictionary<string, long> Refused { get; } = [];

    /// <summary>New tokens by old values; what cannot be opened is left out and counted.</summary>
    public Dictionary<string, string> Map(IEnumerable<string?> values)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        var old = new Dictionary<string, long>(StringComparer.Ordinal);
        var others = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var value in values.OfType<string>())
        {
            var prefix = TokenPrefix.Of(value);
            if (prefix is null ? _plain is not null : _methods.ContainsKey(prefix))
            {
                var counts = prefix is null ? others : old;
                counts[value] = counts.GetValueOrDefault(value) + 1;
            }
        }

        foreach (var group in others.Chunk(TokenOpener.GroupSize))
        {
            Map(_plainMasker!, group, [.. group.Select(v => _plain!.Reveal(Attribute, v.Key))], map);
        }

        foreach (var method in old.GroupBy(t => _methods[TokenPrefix.Of(t.Key)!]))
        {
            foreach (var group in method.Chunk(TokenOpener.GroupSize))
            {
                Map(_maskers[method.Key], group, [.. _opener!.Open([.. group.Select(t => t.Key)]).Select(o => o.Plaintext)], map);
            }
        }

        return map;
    }

    public void Dispose()
    {
        _opener?.Dispose();
        _plainMasker?.Dispose();
        foreach (var masker in _maskers.Values)
        {
            masker.Dispose();
        }
    }

    private void Map(IMasker masker, KeyValuePair<string, long>[] group, Plaintext?[] plaintexts, Dictionary<string, string> map)
    {
        var masked = new Token?[group.Length];
        masker.Mask(plaintexts, masked, new bool[group.Length]);
        for (var i = 0; i < group.Length; i++)
        {
            if (masked[i] is { } token)
            {
                map.Add(group[i].Key, token.Text);
            }
            else
            {
                var prefix = TokenPrefix.Of(group[i].Key) ?? NoPrefix;
                Refused[prefix] = Refused.GetValueOrDefault(prefix) + group[i].Value;
            }
        }
    }
}
