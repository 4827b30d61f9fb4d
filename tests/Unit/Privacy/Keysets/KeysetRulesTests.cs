using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class KeysetRulesTests
{
    private const uint Id = 439041101;

    [Theory]
    [InlineData(Id + 16, "ENABLED", null)]
    [InlineData(Id + 1, "ENABLED", "28 bits")]
    [InlineData(Id, "ENABLED", "28 bits")]
    [InlineData(Id, "DISABLED", "28 bits")]
    [InlineData(Id - 13, "DISABLED", "28 bits")]
    [InlineData(Id + 16, "DISABLED", null)]
    public void Ids_differ_in_what_a_token_shows_of_them(uint second, string status, string? why)
    {
        var keyset = With(second, status);
        if (why is null)
        {
            using var read = TestKeys.Parse(keyset);
            Assert.Equal((Id, 2), (read.Primary.Id, read.Keys.Count));
        }
        else
        {
            AssertInvalid(keyset, why);
        }
    }

    [Fact]
    public void Primary_must_be_there_and_enabled()
    {
        var keyset = With(Id + 16, "ENABLED");
        keyset["primaryKeyId"] = Id + 32;
        AssertInvalid(keyset, "primary");

        foreach (var status in new[] { "DISABLED", "DESTROYED" })
        {
            keyset["primaryKeyId"] = Id + 16;
            keyset["key"]![1]!["status"] = status;
            AssertInvalid(keyset, "primary");
        }

        keyset["primaryKeyId"] = Id;
        TestKeys.Parse(keyset).Dispose();
    }

    [Fact]
    public void Destroyed_key_has_no_data()
    {
        var keyset = With(Id + 16, "DESTROYED");
        keyset["key"]![1]!.AsObject().Remove("keyData");
        using var read = TestKeys.Parse(keyset);
        Assert.Equal((KeyStatus.Destroyed, 0), (read.Keys[1].Status, read.Keys[1].Material.Length));
        Assert.Throws<LoginEtlException>(() => KeyMaterial.ReadAesSiv(read, read.Keys[1]));
    }

    [Fact]
    public void Keys_of_one_keyset_are_of_one_type()
    {
        var keyset = With(Id + 16, "ENABLED");
        keyset["key"]![1]!["keyData"]!["typeUrl"] = "type.googleapis.com/google.crypto.tink.HmacKey";
        AssertInvalid(keyset, "not a Tink JSON keyset");
    }

    [Fact]
    public void Known_hmac_key_reads_and_an_address_key_in_its_place_does_not()
    {
        using var hmac = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["hmac"]!);
        using var key = KeyMaterial.ReadHmac(hmac, hmac.Primary);
        Assert.Equal(32, key.Length);
        using var siv = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["ip"]!);
        Assert.Throws<LoginEtlException>(() => KeyMaterial.ReadHmac(siv, siv.Primary));
        Assert.Throws<LoginEtlException>(() => KeyMaterial.ReadAesSiv(hmac, hmac.Primary));
    }

    [Theory]
    [InlineData("0001")]
    [InlineData("8080808020FF")]
    [InlineData("828080808080808080011A")]
    public void Field_number_that_no_protocol_buffer_has_is_malformed(string message)
    {
        Assert.Throws<FormatException>(() => new ProtoReader(Convert.FromHexString(message)).Next());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public void Key_of_one_byte_over_and_over_is_none(byte value)
    {
        using var known = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["hmac"]!);
        byte[] bytes = [.. Enumerable.Repeat(value, KeyMaterial.HmacLength)];
        using var constant = new KeyBytes(bytes.Length);
        bytes.CopyTo(constant.Span);
        var key = new KeysetKey(known.Primary.Id, KeyStatus.Enabled, KeyMaterial.WriteHmac(constant));
        var fault = Assert.Throws<LoginEtlException>(() => KeyMaterial.ReadHmac(known, key));
        Assert.Equal("KeysetInvalid", fault.Id);
        Assert.Contains("all the same", fault.Message, StringComparison.Ordinal);
        bytes[^1] ^= 1;
        bytes.CopyTo(constant.Span);
        using var differs = KeyMaterial.ReadHmac(known, new KeysetKey(known.Primary.Id, KeyStatus.Enabled, KeyMaterial.WriteHmac(constant)));
        Assert.Equal(bytes, differs.Span);
    }

    [Fact]
    public void Siv_key_of_two_equal_halves_is_none()
    {
        using var known = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["ip"]!);
        using var halves = new KeyBytes(KeyMaterial.AesSivLength);
        for (var i = 0; i < halves.Length; i++)
        {
            halves.Span[i] = (byte)(i % (KeyMaterial.AesSivLength / 2));
        }

        var key = new KeysetKey(known.Primary.Id, KeyStatus.Enabled, KeyMaterial.WriteAesSiv(halves));
        Assert.Contains("halves", Assert.Throws<LoginEtlException>(() => KeyMaterial.ReadAesSiv(known, key)).Message, StringComparison.Ordinal);
    }

    private static JsonNode With(uint id, string status)
    {
        var keyset = Vectors.KnownTokens["keysets"]!["ip"]!.DeepClone();
        var key = keyset["key"]![0]!.DeepClone();
        (key["keyId"], key["status"]) = (id, status);
        keyset["key"]!.AsArray().Add(key);
        return keyset;
    }

    private static void AssertInvalid(JsonNode keyset, string why)
    {
        var fault = Assert.Throws<LoginEtlException>(() => TestKeys.Parse(keyset));
        Assert.Equal("KeysetInvalid", fault.Id);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }
}
