using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Keysets;
using LoginEtl.Protecting;

namespace LoginEtl.Unit.Fixtures;

/// <summary>Keyrings for tests: the published test keys, and those of other methods and key pairs of their own.</summary>
internal sealed class TestKeys : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"loginetl-{Guid.NewGuid():N}");

    /// <param name="known">The attribute that the published mac key is for: one key is not used under two names.</param>
    public TestKeys(string known = "ip")
    {
        PrivatePath = Path.Combine(_folder, "private", "quarantine.json");
        foreach (var methods in new[] { "", "ip=pfx,device_id=escrow", "ip=mac" })
        {
            KeysetCeremony.Create(Folder, PrivatePath, new NewKeysetOptions { Methods = MaskMethods.Parse(methods), MissingOnly = true });
        }

        foreach (var (name, published) in new[] { ("ip", "ip"), ("device_id", "device_id"), ($"{known}.mac", "hmac") })
        {
            // Written over in place: the mode stays.
            File.WriteAllText(Path.Combine(Folder, $"{name}.json"), Vectors.KnownTokens["keysets"]![published]!.ToJsonString());
        }

        Ring = Keyring.Open(Folder);
    }

    public string Folder => Path.Combine(_folder, "keys");

    public string PrivatePath { get; }

    public string EscrowPath => Path.Combine(_folder, "private", "escrow.json");

    public Keyring Ring { get; }

    public Keyset Private() => KeyFolder.ReadFile(PrivatePath, isSecret: true);

    public Protector Protector(ProtectOptions? options = null, TimeProvider? time = null) => new(Ring, options, time);

    /// <summary>For whole runs: reads the folder when it is made, and again when a key was retired.</summary>
    public ProtectorSource Protectors(ProtectOptions? options = null) => new(() => Keyring.Open(Folder), options);

    /// <summary>The folder's keys, of which one keyset has those of another, as no source gives them: what masking does with one key under two names.</summary>
    public Keyring OpenWith(string name, string from) => new("test", KeysetName.All.ToDictionary(
        n => n, n => KeyFolder.ReadFile(KeyFolder.PathOf(Folder, n == name ? from : n), isSecret: false)), []);

    public static Keyset Parse(JsonNode keyset) => KeysetJson.Parse(Encoding.UTF8.GetBytes(keyset.ToJsonString()), "test");

    public void Dispose()
    {
        Ring.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
