using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Keysets;
using LoginEtl.Masking;

namespace LoginEtl.Unit.Core;

/// <summary>Keyrings for tests: the published test keys, and a quarantine key pair of their own.</summary>
internal sealed class TestKeys : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"loginetl-{Guid.NewGuid():N}");

    public TestKeys()
    {
        PrivatePath = Path.Combine(_folder, "private", "quarantine.json");
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
        foreach (var attribute in new[] { "ip", "device_id" })
        {
            // Written over in place: the mode stays.
            File.WriteAllText(Path.Combine(Folder, $"{attribute}.json"), Vectors.KnownTokens["keysets"]![attribute]!.ToJsonString());
        }

        Ring = Keyring.Open(Folder);
    }

    public string Folder => Path.Combine(_folder, "keys");

    public string PrivatePath { get; }

    public Keyring Ring { get; }

    public Keyset Private() => KeyFolder.ReadFile(PrivatePath, isSecret: true);

    public Protector Protector(ProtectOptions? options = null, TimeProvider? time = null) => new(Ring, options, time);

    public static Keyset Parse(JsonNode keyset) => KeysetJson.Parse(Encoding.UTF8.GetBytes(keyset.ToJsonString()), "test");

    public void Dispose()
    {
        Ring.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
