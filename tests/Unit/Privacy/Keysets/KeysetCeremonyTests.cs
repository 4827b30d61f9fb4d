using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Files;
using LoginEtl.Keysets;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class KeysetCeremonyTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("loginetl-").FullName;

    private string Folder => Path.Combine(_root, "keys");

    private string PrivatePath => Path.Combine(_root, "private", "quarantine.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void New_folder_opens_and_holds_the_five_keysets()
    {
        var made = KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
        Assert.Equal(["ip", "device_id", "line_id", "quarantine", "audit", "quarantine (private)"], made.Select(k => k.Name));
        Assert.All(made, k => Assert.True(File.Exists(k.Path)));

        using var ring = Keyring.Open($"file:{Folder}");
        Assert.Equal($"file:{Folder}", ring.Source);
        Assert.Empty(ring.Warnings);
        foreach (var attribute in made.Select(k => k.Name).SkipLast(1))
        {
            Assert.Equal(made.First(k => k.Name == attribute).PrimaryKeyId, ring.Get(attribute).Primary.Id);
        }
    }

    [Fact]
    public void Keys_are_random_and_each_is_another()
    {
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
        var first = Values();
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: true);
        Assert.Distinct(first.Concat(Values()));
    }

    [Fact]
    public void Files_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has access lists.");
            return;
        }

        var made = KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
        foreach (var keyset in made)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keyset.Path));
        }

        foreach (var folder in new[] { Folder, Path.GetDirectoryName(PrivatePath)! })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
            Assert.Empty(Directory.GetFiles(folder, "*.tmp"));
        }
    }

    [Fact]
    public void Names_of_key_files_are_flushed_where_the_system_can()
    {
        Assert.Equal(!OperatingSystem.IsWindows(), FolderFsync.Try(_root));
        Assert.False(FolderFsync.Try(Path.Combine(_root, "missing")));
    }

    [Fact]
    public void Form_is_Tinks()
    {
        KeysetCeremony.Create(Folder, PrivatePath, overwrite: false);
        var keyset = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "ip.json")))!;
        var key = keyset["key"]![0]!;
        var value = Convert.FromBase64String((string)key["keyData"]!["value"]!);

        Assert.Equal((uint)keyset["primaryKeyId"]!, (uint)key["keyId"]!);
        Assert.Equal(("ENABLED", "TINK"), ((string)key["status"]!, (string)key["outputPrefixType"]!));
        Assert.Equal("type.googleapis.com/google.crypto.tink.AesSivKey", (string)key["keyData"]!["typeUrl"]!);
        Assert.Equal("SYMMETRIC", (string)key["keyData"]!["keyMaterialType"]!);
        Assert.Equal([0x12, 0x40], value[..2]);
        Assert.Equal(66, value.Length);
    }

    [Theory]
    [InlineData("keys/device_id.json")]
    [InlineData("keys/quarantine.json")]
    [InlineData("private/quarantine.json")]
    public void Nothing_is_written_where_one_file_exists(string existing)
    {
        var path = Path.Combine(_root, existing);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");

        Assert.Equal("KeysetExists", Fault(() => KeysetCeremony.Create(Folder, PrivatePath, overwrite: false)).Id);
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Private_half_does_not_take_the_place_of_a_keyset()
    {
        foreach (var clash in new[] { "keys/ip.json", "keys/../keys/quarantine.json" })
        {
            Assert.Equal("KeysetPathsClash",
                Fault(() => KeysetCeremony.Create(Folder, Path.Combine(_root, clash), overwrite: true)).Id);
            Assert.False(Directory.Exists(Folder));
        }
    }

    [Fact]
    public void What_cannot_be_written_is_said_and_leaves_no_half_of_a_key_pair()
    {
        File.WriteAllText(Path.Combine(_root, "file"), "");
        var inFile = Path.Combine(_root, "file", "quarantine.json");

        Assert.Equal("KeysetUnwritable", Fault(() => KeysetCeremony.Create(Folder, inFile, overwrite: false)).Id);
        Assert.Equal("KeysetUnwritable", Fault(() => KeysetCeremony.Create(Path.Combine(_root, "file"), PrivatePath, overwrite: false)).Id);
        Assert.Equal([Path.Combine(_root, "file")], Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
    }

    private static LoginEtlException Fault(Action action) => Assert.Throws<LoginEtlException>(action);

    private List<string> Values() =>
    [
        .. Directory.GetFiles(Folder, "*.json").Append(PrivatePath)
            .Select(f => (string)JsonNode.Parse(File.ReadAllText(f))!["key"]![0]!["keyData"]!["value"]!),
    ];
}
