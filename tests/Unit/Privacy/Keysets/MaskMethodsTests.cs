using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class MaskMethodsTests
{
    [Theory]
    [InlineData("", MaskMethod.Siv, MaskMethod.Siv)]
    [InlineData("ip=pfx,device_id=mac", MaskMethod.Pfx, MaskMethod.Mac)]
    [InlineData(" Device_Id = ESCROW ", MaskMethod.Siv, MaskMethod.Escrow)]
    [InlineData("ip=siv,device_id=siv", MaskMethod.Siv, MaskMethod.Siv)]
    public void Methods_are_read_by_attribute(string text, MaskMethod ip, MaskMethod device)
    {
        var methods = MaskMethods.Parse(text);
        Assert.Equal((ip, device), (methods.OfIp, methods.OfDeviceId));
        Assert.Equal(methods, MaskMethods.Parse(methods.ToString()));
    }

    [Theory]
    [InlineData("device_id=pfx")]
    [InlineData("user_id=mac")]
    [InlineData("ip=sha256")]
    [InlineData("ip=1")]
    [InlineData("ip=")]
    [InlineData("ip")]
    [InlineData("mac")]
    [InlineData("ip=mac,ip=siv")]
    [InlineData("ip=mac=siv")]
    [InlineData("203.0.113.77=mac")]
    public void What_is_no_method_of_an_attribute_is_one_error_that_quotes_nothing(string text)
    {
        var fault = Assert.Throws<LoginEtlException>(() => MaskMethods.Parse(text));
        Assert.Equal(("MethodInvalid", FaultKind.Configuration), (fault.Id, fault.Kind));
        Assert.DoesNotContain("sha256", fault.Message + fault.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.77", fault.Message + fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "ip device_id")]
    [InlineData("ip=pfx,device_id=mac", "ip ip.pfx device_id.mac")]
    [InlineData("ip=escrow,device_id=escrow", "ip.mac device_id.mac escrow")]
    public void Host_holds_only_the_keys_its_methods_take(string text, string keysets) =>
        Assert.Equal(keysets.Split(' '), MaskMethods.Parse(text).Keysets);

    [Theory]
    [InlineData("ip=pfx", "ip.pfx")]
    [InlineData("device_id=mac", "device_id.mac")]
    [InlineData("ip=escrow", "escrow")]
    public void Missing_keyset_is_said_at_the_start(string methods, string missing)
    {
        var root = Directory.CreateTempSubdirectory("loginetl-").FullName;
        try
        {
            KeysetCeremony.Create(Path.Combine(root, "keys"), Path.Combine(root, "private.json"), overwrite: false);
            using var ring = Keyring.Open(Path.Combine(root, "keys"));
            var fault = Assert.Throws<LoginEtlException>(() => new Protector(ring, new ProtectOptions { Methods = MaskMethods.Parse(methods) }));
            Assert.Equal("KeysetNotFound", fault.Id);
            Assert.Contains($"'{missing}'", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Private_halves_are_made_beside_one_another_and_missing_keysets_alone_when_told()
    {
        var root = Directory.CreateTempSubdirectory("loginetl-").FullName;
        try
        {
            var (folder, quarantine) = (Path.Combine(root, "keys"), Path.Combine(root, "private", "quarantine.json"));
            var first = KeysetCeremony.Create(folder, quarantine, new NewKeysetOptions { Methods = MaskMethods.Parse("ip=escrow,device_id=escrow") });
            Assert.Equal(
                ["ip.mac", "device_id.mac", "line_id", "quarantine", "audit", "escrow", "quarantine (private)", "escrow (private)"], first.Select(k => k.Name));
            Assert.Equal(["escrow.json", "quarantine.json"], Directory.GetFiles(Path.Combine(root, "private")).Select(Path.GetFileName).Order());

            var more = KeysetCeremony.Create(folder, quarantine, new NewKeysetOptions { Methods = MaskMethods.Parse("ip=pfx"), MissingOnly = true });
            Assert.Equal(["ip", "ip.pfx", "device_id"], more.Select(k => k.Name));
            using var ring = Keyring.Open(folder);
            Assert.Equal(first[0].PrimaryKeyId, ring.Get("ip.mac").Primary.Id);
            Assert.Empty(KeysetCeremony.Create(folder, quarantine, new NewKeysetOptions { MissingOnly = true }));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
