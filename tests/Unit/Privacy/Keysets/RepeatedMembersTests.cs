using System.Text;
using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

/// <summary>A keyset that says two things of one key is refused, and what of it was read is zeroed.</summary>
public sealed class RepeatedMembersTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("primaryKeyId")]
    [InlineData("key")]
    [InlineData("keyData")]
    [InlineData("keyId")]
    [InlineData("status")]
    [InlineData("outputPrefixType")]
    [InlineData("typeUrl")]
    [InlineData("value")]
    public void Member_of_a_JSON_keyset_that_comes_twice_is_refused(string? twice) =>
        AssertReads(twice is null, () => KeysetJson.Parse(Encoding.UTF8.GetBytes(Text(Known, twice)), "test"));

    [Theory]
    [InlineData(null)]
    [InlineData("ip")]
    public void Keyset_of_a_document_that_comes_twice_is_refused(string? twice)
    {
        var document = new JsonObject { ["comment"] = "none", ["ip"] = Known.DeepClone(), ["device_id"] = Known.DeepClone() };
        AssertReads(twice is null, () =>
        {
            var keysets = KeysetDocument.Parse(Encoding.UTF8.GetBytes(Text(document, twice)), "test");
            keysets["device_id"].Dispose();
            return keysets["ip"];
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("keyset 1")]
    [InlineData("key 1")]
    [InlineData("key 2")]
    [InlineData("key 3")]
    [InlineData("key 4")]
    [InlineData("data 1")]
    [InlineData("data 2")]
    public void Field_of_a_binary_keyset_that_comes_twice_is_refused(string twice) =>
        AssertReads(twice.Length == 0, () => KeysetProto.Parse(Binary(twice), "test"));

    [Fact]
    public void Material_that_was_not_kept_is_zeroed_and_what_was_kept_is_not()
    {
        using var keyset = TestKeys.Parse(Known);
        KeyBytes lost, kept;
        using (var unfinished = new UnfinishedKeys())
        {
            lost = unfinished.Add(KeyBytes.CopyOf([1, 2, 3]));
        }

        using (var unfinished = new UnfinishedKeys())
        {
            kept = unfinished.Add(KeyBytes.CopyOf([1, 2, 3]));
            Assert.Same(keyset, unfinished.Keep(keyset));
        }

        Assert.Throws<ObjectDisposedException>(() => lost.Span[0]);
        Assert.Equal([1, 2, 3], kept.Span.ToArray());
        kept.Dispose();
    }

    private static JsonNode Known => Vectors.KnownTokens["keysets"]!["ip"]!;

    private static void AssertReads(bool reads, Func<Keyset> read)
    {
        if (reads)
        {
            using var keyset = read();
            using var key = KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
            Assert.Equal(64, key.Length);
        }
        else
        {
            Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => read().Dispose()).Id);
        }
    }

    // The JSON text, with the members of this name written twice.
    private static string Text(JsonNode node, string? twice) => node switch
    {
        JsonObject members => "{" + string.Join(",", members.SelectMany(m =>
            Enumerable.Repeat($"\"{m.Key}\":{Text(m.Value!, twice)}", m.Key == twice ? 2 : 1))) + "}",
        JsonArray items => "[" + string.Join(",", items.Select(i => Text(i!, twice))) + "]",
        _ => node.ToJsonString(),
    };

    private static byte[] Binary(string twice)
    {
        using var known = TestKeys.Parse(Known);
        var material = known.Primary.Material.Span.ToArray();
        var data = Message(
            ("data 1", (ref writer) => writer.Text(1, TinkTypes.AesSivKey)),
            ("data 2", (ref writer) => writer.Bytes(2, material)));
        var key = Message(
            ("key 1", (ref writer) => writer.Bytes(1, data)),
            ("key 2", (ref writer) => writer.Number(2, 1)),
            ("key 3", (ref writer) => writer.Number(3, 439041101)),
            ("key 4", (ref writer) => writer.Number(4, TinkTypes.PrefixTink)));
        return Message(
            ("keyset 1", (ref writer) => writer.Number(1, 439041101)),
            ("keyset 2", (ref writer) => writer.Bytes(2, key)));

        byte[] Message(params ReadOnlySpan<(string Name, Field Write)> fields)
        {
            var writer = new ProtoWriter(new byte[1024]);
            foreach (var (name, write) in fields)
            {
                write(ref writer);
                if (name == twice)
                {
                    write(ref writer);
                }
            }

            return writer.Written.ToArray();
        }
    }

    private delegate void Field(ref ProtoWriter writer);
}
