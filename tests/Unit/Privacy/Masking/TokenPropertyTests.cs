using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using LoginEtl.Crypto;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

/// <summary>What holds for every value, tried on seeded random ones.</summary>
public sealed class TokenPropertyTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly EscrowKey _escrow;

    public TokenPropertyTests() => _escrow = EscrowKey.Read(_keys.EscrowPath);

    public void Dispose()
    {
        _escrow.Dispose();
        _keys.Dispose();
    }

    [Theory]
    [InlineData("ip=siv,device_id=siv", 1, 2_000)]
    [InlineData("ip=pfx,device_id=escrow", 2, 200)]
    [InlineData("ip=escrow,device_id=siv", 3, 200)]
    public void Every_text_and_every_address_comes_back_in_its_canonical_form(string methods, int seed, int count)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, count).Select(i => (Ip: random.Next(3) > 0 ? Address(random) : Text(random), Device: Text(random))).ToList();
        var records = Protect(methods, values);
        var originals = records.SelectMany(r => r.GetSealedOriginals()).DistinctBy(o => (o.Attribute, o.Token))
            .ToLookup(o => o.Attribute, o => (o.Token, Sealed: o.AsMemory()));
        Assert.Equal(values.ConvertAll(v => CanonicalForm.OfIp(v.Ip)), Open("ip", records.Select(r => r.MaskedIp!)));
        Assert.Equal(values.ConvertAll(v => CanonicalForm.OfDeviceId(v.Device)), Open("device_id", records.Select(r => r.MaskedDeviceId!)));
        Assert.All(records, r => Assert.True(r.MaskedIp!.Length <= Token.MaxLength && Ascii.IsValid(r.MaskedIp) && r.MaskedDeviceId!.Length <= Token.MaxLength));

        IEnumerable<string?> Open(string attribute, IEnumerable<string> tokens)
        {
            using var opener = new TokenOpener(_keys.Ring, attribute, _escrow);
            return [.. opener.Open([.. tokens], originals[attribute].ToDictionary(o => o.Token, o => o.Sealed)).Select(o => o.Plaintext?.Reveal())];
        }
    }

    [Theory]
    [InlineData("siv")]
    [InlineData("mac")]
    [InlineData("escrow")]
    public void Tokens_of_other_values_attributes_and_keys_never_meet(string method)
    {
        var random = new Random(99);
        var texts = Enumerable.Range(0, 1_000).Select(_ => CanonicalForm.OfDeviceId(Text(random))).Distinct().ToList();
        using var other = new TestKeys();
        // Keys of their own: the test keys of both rings are the published ones.
        File.Delete(Path.Combine(other.Folder, "ip.json"));
        File.Delete(Path.Combine(other.Folder, "ip.mac.json"));
        KeysetCeremony.Create(other.Folder, other.PrivatePath, new NewKeysetOptions { MissingOnly = true, Methods = MaskMethods.Parse("ip=mac") });
        KeysetCeremony.Create(other.Folder, other.PrivatePath, new NewKeysetOptions { MissingOnly = true });
        using var ring = Keyring.Open(other.Folder);
        var methods = $"ip={method},device_id={method}";
        var values = texts.ConvertAll(t => (t, t));
        var mine = Protect(methods, values);
        var tokens = mine.Select(r => r.MaskedIp).Concat(mine.Select(r => r.MaskedDeviceId)).Concat(Protect(methods, values, ring).Select(r => r.MaskedIp)).ToList();
        var opaque = texts.Count(t => CanonicalForm.OfIp(t) == t);
        Assert.Equal(texts.Count, opaque);
        Assert.Equal(3 * texts.Count, tokens.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Token_with_any_bit_changed_is_refused()
    {
        var random = new Random(5);
        using var opener = new TokenOpener(_keys.Ring, "device_id");
        foreach (var record in Protect("", [.. Enumerable.Range(0, 20).Select(_ => (Address(random), Text(random)))]))
        {
            var raw = Base64Url.DecodeFromChars(record.MaskedDeviceId.AsSpan("siv1.".Length));
            var changed = Enumerable.Range(0, raw.Length * 8).Select(bit =>
            {
                var copy = raw.ToArray();
                copy[bit / 8] ^= (byte)(1 << (bit % 8));
                return $"siv1.{Base64Url.EncodeToString(copy)}";
            }).ToList();
            var opened = opener.Open(changed);
            Assert.All(opened, o => Assert.Null(o.Plaintext));
            Assert.All(opened.Take(8), o => Assert.Equal(TokenRefusal.Malformed, o.Refusal));
            Assert.All(opened.Skip(8).Take(32), o => Assert.Equal(TokenRefusal.UnknownKey, o.Refusal));
            Assert.All(opened.Skip(40), o => Assert.Equal(TokenRefusal.NotAuthentic, o.Refusal));
        }
    }

    [Fact]
    public void Token_of_the_other_attribute_is_refused_even_under_the_same_key()
    {
        using var ring = _keys.OpenWith("device_id", from: "ip");
        var record = Protect("ip=siv,device_id=siv", [("10.0.0.1", "10.0.0.1")], ring)[0];
        using var ofDevices = new TokenOpener(ring, "device_id");
        using var ofIps = new TokenOpener(ring, "ip");
        Assert.Equal(TokenRefusal.NotAuthentic, ofDevices.Open([record.MaskedIp!])[0].Refusal);
        Assert.Equal(TokenRefusal.NotAuthentic, ofIps.Open([record.MaskedDeviceId!])[0].Refusal);

        var address = Protect("ip=pfx", [("10.0.0.1", "d")])[0].MaskedIp!;
        Assert.Equal(TokenRefusal.Malformed, ofDevices.Open([address])[0].Refusal);
    }

    [Fact]
    public void Original_that_somebody_sealed_for_a_token_of_another_value_is_not_given_as_its()
    {
        var record = Protect("ip=escrow,device_id=siv", [("10.0.0.1", "device")])[0];
        using var sealer = new OriginalSealer(_keys.Ring.Get(KeysetName.Escrow));
        var forged = new Dictionary<string, ReadOnlyMemory<byte>> { [record.MaskedIp!] = sealer.Seal("ip", record.MaskedIp!, "203.0.113.77").AsMemory() };
        using var opener = new TokenOpener(_keys.Ring, "ip", _escrow);
        Assert.Equal(TokenRefusal.OriginalUnopened, opener.Open([record.MaskedIp!], forged)[0].Refusal);
    }

    [Fact]
    public void Second_spelling_of_an_address_s_token_does_not_open()
    {
        var token = Protect("ip=pfx", [("203.0.113.77", "d")])[0].MaskedIp!;
        Assert.True(TokenParts.TryParse(token, out var parts));
        var keyset = _keys.Ring.Get(KeysetName.Pfx("ip"));
        using var bytes = KeyMaterial.ReadPfx(keyset, keyset.Primary);
        using var cipher = new IpcryptPfx(bytes.Span);
        var mapped = System.Net.IPAddress.Parse("::ffff:203.0.113.77").GetAddressBytes();
        cipher.Encrypt([mapped]);
        using var opener = new TokenOpener(_keys.Ring, "ip");
        var opened = opener.Open([token, PfxToken.Create(parts.KeyId, mapped).Text]);
        Assert.Equal("203.0.113.77", opened[0].Plaintext?.Reveal());
        Assert.Equal(TokenRefusal.NotAuthentic, opened[1].Refusal);
        // And masking makes none.
        Assert.Equal(token, Protect("ip=pfx", [("::ffff:203.0.113.77", "d")])[0].MaskedIp);
    }

    [Fact]
    public void Wrong_uses_end_in_a_reason_without_plaintext()
    {
        var record = Protect("ip=escrow,device_id=siv", [("10.0.0.1", "device")])[0];
        using var ofIps = new TokenOpener(_keys.Ring, "ip", _escrow);
        using var ofDevices = new TokenOpener(_keys.Ring, "device_id", _escrow);
        var original = record.GetSealedOriginals()[0].AsMemory();
        var vault = new Dictionary<string, ReadOnlyMemory<byte>> { [record.MaskedIp!] = original };
        Assert.Equal("10.0.0.1", ofIps.Open([record.MaskedIp!], vault)[0].Plaintext!.Reveal());
        Assert.Equal(TokenRefusal.OriginalUnopened, ofDevices.Open([record.MaskedIp!], vault)[0].Refusal);
        Assert.Equal(TokenRefusal.NotInVault, ofIps.Open([record.MaskedIp!], new Dictionary<string, ReadOnlyMemory<byte>>())[0].Refusal);
        Assert.Equal(TokenRefusal.NotRecoverable, ofIps.Open([record.MaskedIp!])[0].Refusal);
        Assert.Equal(TokenRefusal.UnknownKey, ofIps.Open([record.MaskedDeviceId!])[0].Refusal);
        Assert.All(ofIps.Open([record.MaskedIp![..^3], "10.0.0.1", ""]), o => Assert.Equal(TokenRefusal.Malformed, o.Refusal));
        Assert.All(Enum.GetValues<TokenRefusal>(), r => Assert.DoesNotContain("10.0.0.1", r.Text(), StringComparison.Ordinal));
    }

    [Fact]
    public void Keyset_of_Tinks_form_made_by_hand_opens_what_another_implementation_made()
    {
        // The key is 00 01 … 3f; the tokens are python-cryptography's, AESSIV over the padded text.
        const string json = """
            { "comment": { "by": ["hand"] }, "key": [
              { "outputPrefixType": "TINK", "keyId": 16909060, "status": "ENABLED", "keyData": {
                "keyMaterialType": "SYMMETRIC", "value": "EkAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4\/",
                "typeUrl": "type.googleapis.com\/google.crypto.tink.AesSivKey" } } ],
              "primaryKeyId": 16909060 }
            """;
        File.WriteAllText(Path.Combine(_keys.Folder, "ip.json"), json);
        using var ring = _keys.OpenWith("device_id", from: "ip");
        using var ofIps = new TokenOpener(ring, "ip");
        using var ofDevices = new TokenOpener(ring, "device_id");
        Assert.Equal("203.0.113.7", ofIps.Open(["siv1.AQECAwQWvsH7F2VbtE_mZWJYM3rQ6YF6wcWvHGfZuhosnrVGXw"])[0].Plaintext!.Reveal());
        Assert.Equal("Größe-😀", ofDevices.Open(["siv1.AQECAwTtCIewAj3xG2jETiqTs7GN1PTQirsgHDCImJ12tyGHGQ"])[0].Plaintext!.Reveal());
    }

    private LoginRecord[] Protect(string methods, IReadOnlyList<(string Ip, string Device)> values, Keyring? ring = null)
    {
        using var protector = new Protector(ring ?? _keys.Ring, new ProtectOptions { Methods = MaskMethods.Parse(methods) });
        return [.. protector.Protect([.. values.Select(v => Deliveries.Decode(
            $$"""{"user_id":"u","app_version":"1","ip":{{JsonSerializer.Serialize(v.Ip)}},"device_id":{{JsonSerializer.Serialize(v.Device)}}}"""))]).Cast<LoginRecord>()];
    }

    private static string Address(Random random)
    {
        var bytes = new byte[random.Next(2) == 0 ? 4 : 16];
        random.NextBytes(bytes);
        if (bytes.Length == 16 && random.Next(3) == 0)
        {
            bytes.AsSpan(random.Next(8), 8).Clear();
        }

        return new IPAddress(bytes).ToString();
    }

    // Any scalar but NUL, which is rejected before.
    internal static string Text(Random random)
    {
        var text = new StringBuilder();
        var bytes = random.Next(120);
        while (Encoding.UTF8.GetByteCount(text.ToString()) < bytes)
        {
            var scalar = random.Next(3) switch
            {
                0 => random.Next(1, 0x80),
                1 => random.Next(0x80, 0x3000),
                _ => random.Next(1, 0x110000),
            };
            text.Append(Rune.IsValid(scalar) ? new Rune(scalar).ToString() : "");
        }

        var canonical = text.ToString().Normalize(NormalizationForm.FormC);
        return Encoding.UTF8.GetByteCount(canonical) <= Padding.MaxPlaintext ? text.ToString() : "x";
    }
}
