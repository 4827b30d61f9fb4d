using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class KeysetJsonTests
{
    private const uint Id = 439041101;

    // Base64 of the key begins so; nothing of it may stand in any text.
    private static readonly string KeyText = (string)Known()["key"]![0]!["keyData"]!["value"]!;

    [Fact]
    public void Known_keyset_reads()
    {
        using var keyset = TestKeys.Parse(Known());
        using var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
        Assert.Equal((Id, 64, 1), (keyset.Primary.Id, key.Length, keyset.Keys.Count));
        Assert.Equal($"key {Id} (Enabled)", keyset.Primary.ToString());
    }

    [Fact]
    public void Plus_may_be_escaped_in_JSON()
    {
        Assert.Contains('+', KeyText);
        var json = Known().ToJsonString();
        using var escaped = KeysetJson.Parse(Encoding.UTF8.GetBytes(json.Replace("+", "\\u002B", StringComparison.Ordinal)), "test");
        using var plain = KeysetJson.Parse(Encoding.UTF8.GetBytes(json.Replace("\\u002B", "+", StringComparison.Ordinal)), "test");
        Assert.Equal(plain.Primary.Material.Span, escaped.Primary.Material.Span);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"primaryKeyId\":1,\"key\":[]}")]
    [InlineData("{\"primaryKeyId\":1,\"key\":{}}")]
    [InlineData("{\"primaryKeyId\":\"1\",\"key\":[]}")]
    [InlineData("{\"primaryKeyId\":-1,\"key\":[]}")]
    [InlineData("{\"primaryKeyId\":4294967296,\"key\":[]}")]
    [InlineData("{\"primaryKeyId\":1,\"key\":[null]}")]
    [InlineData("{\"primaryKeyId\":1,\"key\":[{\"\\ud800\":1}]}")]
    public void What_is_no_keyset_is_refused(string json) => AssertInvalid(json);

    [Theory]
    [InlineData("keyId", "null")]
    [InlineData("keyId", "\"439041101\"")]
    [InlineData("status", "\"UNKNOWN_STATUS\"")]
    [InlineData("status", "\"enabled\"")]
    [InlineData("status", "\"0\"")]
    [InlineData("status", "1")]
    [InlineData("status", "null")]
    [InlineData("outputPrefixType", "\"RAW\"")]
    [InlineData("outputPrefixType", "1")]
    [InlineData("keyData", "null")]
    [InlineData("keyData", "{}")]
    public void Malformed_key_is_refused(string member, string json)
    {
        var keyset = Known();
        keyset["key"]![0]![member] = JsonNode.Parse(json);
        AssertInvalid(keyset.ToJsonString());
        keyset["key"]![0]!.AsObject().Remove(member);
        AssertInvalid(keyset.ToJsonString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"!\"")]
    [InlineData("{}")]
    [InlineData("12")]
    public void Key_data_that_is_no_base64_is_refused(string value)
    {
        var keyset = Known();
        keyset["key"]![0]!["keyData"]!["value"] = JsonNode.Parse(value);
        AssertInvalid(keyset.ToJsonString());
    }

    [Fact]
    public void Keyset_cut_off_anywhere_is_refused_and_nothing_of_the_key_is_said()
    {
        var json = Known().ToJsonString();
        for (var length = 0; length < json.Length; length++)
        {
            AssertInvalid(json[..length]);
        }

        AssertInvalid(json + "{}");
        AssertInvalid(json + KeyText);
    }

    [Fact]
    public void Key_bytes_cut_off_anywhere_are_refused()
    {
        for (var length = 0; length < KeyText.Length; length++)
        {
            var keyset = Known();
            keyset["key"]![0]!["keyData"]!["value"] = KeyText[..length];
            AssertInvalid(keyset.ToJsonString());
        }
    }

    [Theory]
    [InlineData("HmacKey")]
    [InlineData("AesGcmKey")]
    [InlineData("EciesAeadHkdfPublicKey")]
    public void Keys_of_another_type_are_refused(string type)
    {
        var keyset = Known();
        keyset["key"]![0]!["keyData"]!["typeUrl"] = $"type.googleapis.com/google.crypto.tink.{type}";
        AssertInvalid(keyset.ToJsonString());
    }

    private static void AssertInvalid(string json)
    {
        var fault = Assert.Throws<LoginEtlException>(() =>
        {
            using var keyset = KeysetJson.Parse(Encoding.UTF8.GetBytes(json), "test");
            using var masker = new SivMasker(keyset, "ip", CanonicalForm.OfIp);
        });
        Assert.Equal("KeysetInvalid", fault.Id);
        Assert.Null(fault.InnerException);
        foreach (var at in Enumerable.Range(0, KeyText.Length - 6))
        {
            Assert.DoesNotContain(KeyText.Substring(at, 6), fault.ToString(), StringComparison.Ordinal);
        }
    }

    private static JsonNode Known() => Vectors.KnownTokens["keysets"]!["ip"]!.DeepClone();
}
