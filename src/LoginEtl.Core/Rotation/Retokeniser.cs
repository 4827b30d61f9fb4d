using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Recovery;

namespace LoginEtl.Rotation;

/// <summary>
/// Makes tokens under old keys of one attribute tokens under its primary key: opened and masked again in memory, each
/// distinct one once. Not thread-safe.
/// </summary>
internal sealed class Retokeniser : IDisposable
{
    private readonly TokenOpener _opener;
    private readonly SivMasker _masker;
    private readonly Dictionary<string, long> _refused = [];

    public Retokeniser(Keyring keyring, string attribute)
    {
        Attribute = attribute;
        var keyset = keyring.Get(attribute);
        _opener = new TokenOpener(keyring, attribute);
        _masker = new SivMasker(keyset, attribute, CanonicalForm.Of(attribute));
        Keys = [.. keyset.Keys.Select(k => new StoredKey(attribute, "siv", TokenPrefix.OfSiv(k.Id), StateOf(keyset, k)))];
    }

    public string Attribute { get; }

    /// <summary>The keyset's keys as the database is to know them.</summary>
    public IReadOnlyList<StoredKey> Keys { get; }

    /// <summary>Those whose tokens can be replaced.</summary>
    public IEnumerable<StoredKey> Old => Keys.Where(k => k.State == StoredKeyState.Retired);

    /// <summary>By prefix: values that <see cref="Map"/> could not open since this was last emptied.</summary>
    public Dictionary<string, long> Refused => _refused;

    /// <summary>New tokens by old ones; what cannot be opened is left out and counted.</summary>
    public Dictionary<string, string> Map(IEnumerable<string?> tokens)
    {
        var old = tokens.OfType<string>().Where(t => Old.Any(k => t.StartsWith(k.Prefix, StringComparison.Ordinal)))
            .GroupBy(t => t, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.LongCount(), StringComparer.Ordinal);
        var map = new Dictionary<string, string>(old.Count, StringComparer.Ordinal);
        foreach (var group in old.Keys.Chunk(TokenOpener.GroupSize))
        {
            var opened = _opener.Open(group);
            var masked = new Token?[group.Length];
            _masker.Mask([.. opened.Select(o => o.Plaintext)], masked, new bool[group.Length]);
            for (var i = 0; i < group.Length; i++)
            {
                if (masked[i] is { } token)
                {
                    map.Add(group[i], token.Text);
                }
                else
                {
                    var prefix = TokenPrefix.Of(group[i])!;
                    _refused[prefix] = _refused.GetValueOrDefault(prefix) + old[group[i]];
                }
            }
        }

        return map;
    }

    public void Dispose()
    {
        _opener.Dispose();
        _masker.Dispose();
    }

    private static StoredKeyState StateOf(Keyset keyset, KeysetKey key) =>
        key.Id == keyset.Primary.Id ? StoredKeyState.Primary
        : key.Status == KeyStatus.Enabled ? StoredKeyState.Retired
        : key.Status == KeyStatus.Disabled ? StoredKeyState.Disabled
        : StoredKeyState.Removed;
}
