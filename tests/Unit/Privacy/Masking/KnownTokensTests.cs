using LoginEtl.Crypto;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

public sealed class KnownTokensTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public static TheoryData<string, string, string> Known => [.. Vectors.KnownTokens["siv"]!.AsArray()
        .Select(v => new TheoryDataRow<string, string, string>((string)v!["attribute"]!, (string)v["input"]!, (string)v["token"]!))];

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(Known))]
    public void Test_keys_give_the_published_tokens(string attribute, string input, string token)
    {
        using var protector = _keys.Protector();
        var json = System.Text.Json.JsonSerializer.Serialize(input);
        var record = Assert.IsType<LoginRecord>(protector.Protect(Deliveries.Decode(Deliveries.Replace(attribute, json))));
        Assert.Equal(token, attribute == "ip" ? record.MaskedIp : record.MaskedDeviceId);
    }

    [Fact]
    public void All_of_them_at_once_give_the_same()
    {
        using var protector = _keys.Protector();
        var known = Vectors.KnownTokens["siv"]!.AsArray().Select(v => v!).ToList();
        var records = protector.Protect(known.ConvertAll(v =>
            Deliveries.Decode(Deliveries.Replace((string)v["attribute"]!, v["input"]!.ToJsonString()))));
        Assert.Equal(
            known.Select(v => (string)v["token"]!),
            records.Cast<LoginRecord>().Zip(known, (r, v) => (string)v["attribute"]! == "ip" ? r.MaskedIp : r.MaskedDeviceId));
    }

    [Fact]
    public void Two_columns_give_different_tokens_for_one_text()
    {
        using var protector = _keys.Protector();
        var record = Assert.IsType<LoginRecord>(protector.Protect(Deliveries.Decode(
            """{"user_id":"u","app_version":"1","ip":"same","device_id":"same"}""")));
        Assert.NotEqual(record.MaskedIp, record.MaskedDeviceId);
    }

    [Fact]
    public void Token_moved_to_the_other_column_does_not_open_even_under_one_key()
    {
        using var keyset = TestKeys.Parse(Vectors.KnownTokens["keysets"]!["ip"]!);
        using var key = LoginEtl.Keysets.KeyMaterial.ReadAesSiv(keyset, keyset.Primary);
        using var siv = new AesSiv(key.Span);
        Assert.True(SivToken.TryParse((string)Vectors.KnownTokens["siv"]![0]!["token"]!, out _, out var raw));
        Assert.NotNull(siv.Decrypt(raw, AssociatedData.Of("ip")));
        Assert.Null(siv.Decrypt(raw, AssociatedData.Of("device_id")));
    }

    [Fact]
    public void Known_hundred_give_tokens_of_55_characters_for_IPv4_and_devices()
    {
        using var protector = _keys.Protector();
        var lines = File.ReadLines(Vectors.PathOfShared("login-messages.ndjson")).Where(l => l.Length > 0);
        var records = protector.Protect([.. lines.Select(Deliveries.Decode)]).OfType<LoginRecord>().ToList();
        Assert.Equal(99, records.Count);
        Assert.All(records, r => Assert.Equal((55, 55), (r.MaskedIp!.Length, r.MaskedDeviceId!.Length)));
        Assert.Equal(99, records.Select(r => r.MaskedIp).Distinct().Count());
    }
}
