using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>Each attribute and each use has a key of its own: one that is there under two names is not used, whatever source it is from.</summary>
[Collection(RunsAlone.Name)]
public sealed class OneKeyTwoNamesTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly EnvironmentVariables _environment = new();

    public void Dispose()
    {
        _environment.Dispose();
        _keys.Dispose();
    }

    public static TheoryData<string, string> Pairs => new()
    {
        { "ip", "device_id" }, { "ip.mac", "device_id.mac" }, { "ip.mac", "line_id" }, { "line_id", "audit" }, { "device_id.mac", "audit" },
        { "quarantine", "escrow" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void From_files_it_is_refused_with_both_names(string name, string other)
    {
        File.Copy(PathOf(name), PathOf(other), overwrite: true);
        AssertTwoNames(name, other, () => Keyring.Open(_keys.Folder));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void From_a_variable_and_from_a_vault_as_well(string name, string other)
    {
        File.Copy(PathOf(name), PathOf(other), overwrite: true);
        var document = new JsonObject([.. KeysetName.All.Select(n => KeyValuePair.Create(n, JsonNode.Parse(File.ReadAllText(PathOf(n)))))]).ToJsonString();
        _environment["LOGINETL_TEST_TWICE"] = document;
        AssertTwoNames(name, other, () => Keyring.Open("env:LOGINETL_TEST_TWICE"));
        AssertTwoNames(name, other, () => Keyring.Open("secret:Vault/Name", new KeyAccess { ReadSecret = (_, _) => Encoding.UTF8.GetBytes(document) }));
    }

    [Fact]
    public void From_encrypted_files_as_well()
    {
        var folder = _keys.Folder + "-kms";
        KeysetCeremony.Create(folder, _keys.PrivatePath + "2", new NewKeysetOptions { Kms = new KmsSettings("k"), KeyService = NoCipher.Access.KeyService });
        Keyring.Open($"awskms:{folder}", NoCipher.Access).Dispose();
        File.Copy(Path.Combine(folder, "ip.json"), Path.Combine(folder, "device_id.json"), overwrite: true);
        AssertTwoNames("ip", "device_id", () => Keyring.Open($"awskms:{folder}", NoCipher.Access));
    }

    [Fact]
    public void Another_id_another_place_in_the_keyset_and_a_status_do_not_hide_it()
    {
        var keyset = JsonNode.Parse(File.ReadAllText(PathOf("device_id")))!;
        var key = JsonNode.Parse(File.ReadAllText(PathOf("ip")))!["key"]![0]!.DeepClone();
        (key["keyId"], key["status"]) = (77777777, "DISABLED");
        keyset["key"]!.AsArray().Add(key);
        File.WriteAllText(PathOf("device_id"), keyset.ToJsonString());
        var fault = AssertTwoNames("ip", "device_id", () => Keyring.Open(_keys.Folder));
        Assert.Contains("439041101", fault.Message, StringComparison.Ordinal);
        Assert.Contains("77777777", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Under_two_ids_of_one_keyset_it_is_refused_with_both_ids()
    {
        var keyset = JsonNode.Parse(File.ReadAllText(PathOf("ip")))!;
        var key = keyset["key"]![0]!.DeepClone();
        key["keyId"] = 77777777;
        keyset["key"]!.AsArray().Add(key);
        File.WriteAllText(PathOf("ip"), keyset.ToJsonString());
        Assert.Contains("77777777", AssertTwoNames("ip", "ip", () => Keyring.Open(_keys.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_of_prefixes_whose_halves_have_changed_places_is_the_same_one()
    {
        var keyset = JsonNode.Parse(File.ReadAllText(PathOf("ip.pfx")))!;
        var key = keyset["key"]![0]!.DeepClone();
        key["keyId"] = 77777777;
        var value = Convert.FromBase64String(key["keyData"]!["value"]!.GetValue<string>());
        key["keyData"]!["value"] = Convert.ToBase64String([.. value[..^32], .. value[^16..], .. value[^32..^16]]);
        keyset["key"]!.AsArray().Add(key);
        File.WriteAllText(PathOf("ip.pfx"), keyset.ToJsonString());
        AssertTwoNames("ip.pfx", "ip.pfx", () => Keyring.Open(_keys.Folder));
    }

    [Fact]
    public void Public_key_that_mirrors_another_opens_with_its_private_half_and_is_the_same_one()
    {
        var keyset = JsonNode.Parse(File.ReadAllText(PathOf("quarantine")))!;
        var parsed = KeysetJson.Parse(File.ReadAllBytes(PathOf("quarantine")), "quarantine");
        var y = EciesKeys.ReadPublic(parsed, parsed.Keys[0]).Q.Y!;
        var value = Convert.FromBase64String(keyset["key"]![0]!["keyData"]!["value"]!.GetValue<string>());
        // FIPS 186-4, D.1.2.3
        var prime = BigInteger.Parse("0ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var mirrored = (prime - new BigInteger(y, isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        var place = value.AsSpan().IndexOf(y);
        Array.Clear(value, place, y.Length);
        mirrored.CopyTo(value, place + y.Length - mirrored.Length);
        (keyset["key"]![0]!["keyData"]!["value"], keyset["key"]![0]!["keyId"], keyset["primaryKeyId"]) = (Convert.ToBase64String(value), 77777777, 77777777);
        File.WriteAllText(PathOf("escrow"), keyset.ToJsonString());
        AssertTwoNames("quarantine", "escrow", () => Keyring.Open(_keys.Folder));
    }

    [Fact]
    public void Keys_that_are_gone_are_no_keys_and_a_keyset_that_cannot_be_used_is_told_where_it_is()
    {
        foreach (var name in new[] { "ip", "device_id" })
        {
            var keyset = JsonNode.Parse(File.ReadAllText(PathOf(name)))!;
            keyset["key"]!.AsArray().Add(new JsonObject { ["status"] = "DESTROYED", ["keyId"] = 77777777, ["outputPrefixType"] = "TINK" });
            File.WriteAllText(PathOf(name), keyset.ToJsonString());
        }

        // No key, and of no method that is used here.
        var broken = JsonNode.Parse(File.ReadAllText(PathOf("ip.pfx")))!;
        broken["key"]![0]!["keyData"]!["value"] = "AAAA";
        File.WriteAllText(PathOf("ip.pfx"), broken.ToJsonString());
        using var ring = Keyring.Open(_keys.Folder);
        new Protector(ring).Dispose();
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => KeyListing.Of(ring, "ip.pfx")).Id);
    }

    private static LoginEtlException AssertTwoNames(string name, string other, Func<Keyring> open)
    {
        var fault = Assert.Throws<LoginEtlException>(() => open().Dispose());
        Assert.Equal(("KeyUnderTwoNames", FaultKind.Keys), (fault.Id, fault.Kind));
        Assert.Contains($"'{name}'", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"'{other}'", fault.Message, StringComparison.Ordinal);
        return fault;
    }

    private string PathOf(string name) => KeyFolder.PathOf(_keys.Folder, name);
}
