using System.Net;
using System.Text.Json.Nodes;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Crypto;

public sealed class IpcryptPfxTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Vectors_of_the_draft_encrypt_and_decrypt()
    {
        var vectors = JsonNode.Parse(File.ReadAllText(Vectors.PathOfShared("vectors/ipcrypt.json")))!["tests"]!.AsArray()
            .Where(v => (string)v!["variant"]! == "ipcrypt-pfx").Select(v => v!).ToList();
        Assert.True(vectors.Count >= 16);
        foreach (var vector in vectors)
        {
            using var cipher = new IpcryptPfx(Convert.FromHexString((string)vector["key"]!));
            var address = AddressText.Parse((string)vector["ip"]!)!;
            cipher.Encrypt([address]);
            Assert.Equal((string)vector["encrypted_ip"]!, AddressText.Format(address));
            cipher.Decrypt(address);
            Assert.Equal((string)vector["ip"]!, AddressText.Format(address));
        }
    }

    [Fact]
    public void Groups_give_what_one_address_alone_gives_and_all_come_back()
    {
        var random = new Random(128);
        using var cipher = new IpcryptPfx(Key(random));
        var clear = Enumerable.Range(0, 300).Select(_ => Address(random)).ToList();
        var group = clear.ConvertAll(a => a.ToArray());
        cipher.Encrypt(group);
        for (var i = 0; i < clear.Count; i++)
        {
            var alone = clear[i].ToArray();
            cipher.Encrypt([alone]);
            Assert.Equal(alone, group[i]);
            cipher.Decrypt(alone);
            Assert.Equal(clear[i], alone);
        }
    }

    [Fact]
    public void Addresses_share_encrypted_just_the_prefix_they_share_in_clear()
    {
        var random = new Random(8);
        using var cipher = new IpcryptPfx(Key(random));
        foreach (var length in new[] { 4, 16 })
        {
            for (var shared = 0; shared < length * 8; shared++)
            {
                var first = new byte[length];
                random.NextBytes(first);
                var second = first.ToArray();
                second[shared / 8] ^= (byte)(0x80 >> (shared % 8));
                cipher.Encrypt([first, second]);
                Assert.Equal(shared, SharedBits(first, second));
            }
        }
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    public void Key_of_another_length_is_refused(byte[] key) => Assert.Throws<ArgumentException>(() => new IpcryptPfx(key));

    [Fact]
    public void Key_of_two_equal_halves_is_refused_because_it_would_change_nothing()
    {
        var half = Enumerable.Range(0, 16).Select(i => (byte)i).ToArray();
        Assert.Throws<ArgumentException>(() => new IpcryptPfx([.. half, .. half]));
        using var bytes = KeyBytes.CopyOf([.. half, .. half]);
        using var keyset = new Keyset("test", TinkTypes.IpcryptPfxKey, 16, [new KeysetKey(16, KeyStatus.Enabled, KeyMaterial.WritePfx(bytes))]);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtl.Faults.LoginEtlException>(() => KeyMaterial.ReadPfx(keyset, keyset.Primary)).Id);
    }

    [Fact]
    public void Addresses_become_addresses_under_the_keys_id_and_everything_else_siv_tokens()
    {
        var id = _keys.Ring.Get("ip.pfx").Primary.Id;
        var v4 = Ip("203.0.113.7");
        Assert.StartsWith($"pfx1.{id:x8}.", v4, StringComparison.Ordinal);
        Assert.Equal(4, IPAddress.Parse(v4[14..]).GetAddressBytes().Length);
        Assert.Equal(v4, Ip("::ffff:203.0.113.7"));
        Assert.Contains(':', Ip("2001:db8::1"));
        Assert.Equal(Ip("2001:db8::1"), Ip("2001:DB8:0::1"));
        foreach (var opaque in new[] { "010.0.0.1", "fe80::1%eth0", "[::1]", "1.2.3", "localhost", "" })
        {
            Assert.StartsWith("siv1.", Ip(opaque), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Group_keeps_its_order_among_addresses_texts_nulls_and_what_is_too_long()
    {
        using var masker = new PfxMasker(
            _keys.Ring.Get("ip.pfx"), new SivMasker(_keys.Ring.Get("ip"), "ip", CanonicalForm.OfIp));
        string?[] values = ["10.0.0.1", null, "x", new string('1', 400), "::1", "10.0.0.2"];
        var (tokens, fits) = (new Token?[values.Length], new bool[values.Length]);
        masker.Mask(values.Select(v => v is null ? null : new Plaintext(v)).ToArray(), tokens, fits);
        Assert.Equal(["pfx1", null, "siv1", null, "pfx1", "pfx1"], tokens.Select(t => t?.Text[..4]));
        Assert.Equal([true, true, true, false, true, true], fits);
    }

    private string Ip(string ip)
    {
        using var protector = _keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse("ip=pfx") });
        return Assert.IsType<LoginRecord>(protector.Protect(Deliveries.Decode(Deliveries.Replace("ip", $"\"{ip}\"")))).MaskedIp!;
    }

    private static byte[] Key(Random random)
    {
        var key = new byte[32];
        random.NextBytes(key);
        return key;
    }

    private static byte[] Address(Random random)
    {
        var address = new byte[random.Next(2) == 0 ? 4 : 16];
        random.NextBytes(address);
        return address;
    }

    private static int SharedBits(byte[] a, byte[] b)
    {
        var bit = 0;
        while (((a[bit / 8] ^ b[bit / 8]) & (0x80 >> (bit % 8))) == 0)
        {
            bit++;
        }

        return bit;
    }
}
