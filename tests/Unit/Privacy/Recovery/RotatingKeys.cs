using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Privacy.Recovery;

/// <summary>A key folder whose masking keys go through a rotation: an old key, then both, the new one primary.</summary>
internal sealed class RotatingKeys : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly Dictionary<string, (uint Old, uint New)> _ids = [];

    public RotatingKeys()
    {
        foreach (var attribute in new[] { "ip", "device_id" })
        {
            using var file = KeyFolder.ReadFile(PathOf(attribute), isSecret: true);
            _ids[attribute] = (file.Primary.Id, (file.Primary.Id ^ 0x55555500) | 1);
            Write(attribute, file.Primary.Id, (file.Primary.Id, KeyStatus.Enabled));
        }
    }

    public string Folder => _keys.Folder;

    public string PrivatePath => _keys.PrivatePath;

    public string OldPrefix(string attribute) => TokenPrefix.OfSiv(_ids[attribute].Old);

    public string NewPrefix(string attribute) => TokenPrefix.OfSiv(_ids[attribute].New);

    public ProtectorSource Protectors() => new(Open);

    public Keyring Open() => Keyring.Open(Folder);

    public Keyring OpenWith(string name, string from) => _keys.OpenWith(name, from);

    /// <summary>Adds the new keys, not yet primary.</summary>
    public void Add()
    {
        foreach (var (attribute, (oldId, newId)) in _ids)
        {
            Write(attribute, oldId, (oldId, KeyStatus.Enabled), (newId, KeyStatus.Enabled));
        }
    }

    /// <summary>Adds the new keys and makes them primary.</summary>
    public void Promote(KeyStatus old = KeyStatus.Enabled)
    {
        foreach (var (attribute, (oldId, newId)) in _ids)
        {
            Write(attribute, newId, (oldId, old), (newId, KeyStatus.Enabled));
        }
    }

    /// <summary>Back to the old keys alone.</summary>
    public void Demote()
    {
        foreach (var (attribute, (oldId, _)) in _ids)
        {
            Write(attribute, oldId, (oldId, KeyStatus.Enabled));
        }
    }

    public (Token Ip, Token DeviceId) Mask(string ip, string device)
    {
        using var ring = Open();
        return (Mask(ring, "ip", ip), Mask(ring, "device_id", device));
    }

    /// <summary>Many values at once.</summary>
    public string[] MaskAll(string attribute, IReadOnlyList<string> values)
    {
        using var ring = Open();
        using var masker = new SivMasker(ring.Get(attribute), attribute, CanonicalForm.Of(attribute));
        return [.. values.Chunk(512).SelectMany(group =>
        {
            var tokens = new Token?[group.Length];
            masker.Mask([.. group.Select(v => new Plaintext(v))], tokens, new bool[group.Length]);
            return tokens.Select(t => t!.Text);
        })];
    }

    public void Dispose() => _keys.Dispose();

    private static Token Mask(Keyring ring, string attribute, string value)
    {
        using var masker = new SivMasker(ring.Get(attribute), attribute, CanonicalForm.Of(attribute));
        var tokens = new Token?[1];
        masker.Mask([new Plaintext(value)], tokens, new bool[1]);
        return tokens[0]!;
    }

    private string PathOf(string attribute) => KeyFolder.PathOf(Folder, attribute);

    // Key material from the id, so that both are the same at every writing.
    private void Write(string attribute, uint primary, params (uint Id, KeyStatus Status)[] keys)
    {
        var material = keys.Select(k =>
        {
            using var bytes = new KeyBytes(KeyMaterial.AesSivLength);
            new Random((int)k.Id ^ attribute.Length).NextBytes(bytes.Span);
            return new KeysetKey(k.Id, k.Status, KeyMaterial.WriteAesSiv(bytes));
        }).ToList();
        KeyFile.Write(PathOf(attribute), json => KeysetJson.Write(json, TinkTypes.AesSivKey, "SYMMETRIC", primary, material), replace: true);
    }
}
