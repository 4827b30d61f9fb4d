using System.Text.Json.Nodes;
using LoginEtl.Crypto;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Crypto;

public sealed class AesSivTests
{
    [Fact]
    public void Vectors_of_RFC_5297_encrypt_and_decrypt() => AssertVectors(Vectors.Read("rfc5297_aes_siv.json")["tests"]!, 0, count: 2);

    [Fact]
    public void Vectors_of_Tink_encrypt_and_decrypt() => AssertVectors(
        JsonNode.Parse(File.ReadAllText(Vectors.PathOfShared("vectors/tink_aes_siv.json")))!["siv"]!, Base64Token.HeaderLength, count: 2);

    [Fact]
    public void Every_changed_bit_of_ciphertext_and_associated_data_is_noticed()
    {
        using var siv = new AesSiv(Enumerable.Range(0, 64).Select(i => (byte)i).ToArray());
        byte[] ad = [1, 2, 3];
        var sealedText = siv.Encrypt("padded to thirty-two bytes......"u8, ad);
        for (var bit = 0; bit < sealedText.Length * 8; bit++)
        {
            sealedText[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(siv.Decrypt(sealedText, ad));
            sealedText[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.NotNull(siv.Decrypt(sealedText, ad));
        Assert.Null(siv.Decrypt(sealedText, [1, 2, 4]));
        Assert.Null(siv.Decrypt(sealedText));
        Assert.Null(siv.Decrypt(sealedText, ad, []));
        Assert.Null(siv.Decrypt(sealedText.AsSpan(0, 15), ad));
        Assert.Null(siv.Decrypt(sealedText.AsSpan(0, 31), ad));
    }

    [Fact]
    public void Every_length_comes_back()
    {
        using var siv = new AesSiv(Enumerable.Range(0, 64).Select(i => (byte)(i * 7)).ToArray());
        for (var length = 0; length <= 100; length++)
        {
            var plaintext = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
            Assert.Equal(plaintext, siv.Decrypt(siv.Encrypt(plaintext, [9]), [9]));
        }
    }

    private static void AssertVectors(JsonNode vectors, int tinkPrefix, int count)
    {
        Assert.Equal(count, vectors.AsArray().Count);
        foreach (var vector in vectors.AsArray())
        {
            var ad = vector!["ad"]! is JsonArray many ? many.Select(Bytes).ToArray() : [Bytes(vector["ad"])];
            var prefix = (string?)vector["variant"] == "TINK" ? tinkPrefix : 0;
            var expected = Bytes(vector["ct"])[prefix..];
            using var siv = new AesSiv(Bytes(vector["key"]));

            Assert.Equal(expected, siv.Encrypt(Bytes(vector["msg"]), ad));
            Assert.Equal(Bytes(vector["msg"]), siv.Decrypt(expected, ad));
        }
    }

    private static byte[] Bytes(JsonNode? hex) => Convert.FromHexString((string)hex!);
}
