using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Tokens;

public sealed class MacTokensTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public static TheoryData<string, string, string> Known => [.. Vectors.KnownTokens["mac"]!.AsArray()
        .Select(v => new TheoryDataRow<string, string, string>((string)v!["attribute"]!, (string)v["canonical"]!, (string)v["token"]!))];

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(Known))]
    public void Test_keys_give_the_published_tokens(string attribute, string input, string token)
    {
        using var keys = new TestKeys(attribute);
        foreach (var method in new[] { "mac", "escrow" })
        {
            var record = Protect(keys.Ring, Deliveries.Replace(attribute, $"\"{input}\""), $"{attribute}={method}");
            Assert.Equal(token, attribute == "ip" ? record.MaskedIp : record.MaskedDeviceId);
        }
    }

    [Fact]
    public void One_key_for_both_columns_still_gives_different_tokens_for_one_text()
    {
        using var ring = _keys.OpenWith("device_id.mac", from: "ip.mac");
        var record = Protect(ring, """{"user_id":"u","app_version":"1","ip":"same","device_id":"same"}""", "ip=mac,device_id=mac");
        Assert.NotEqual(record.MaskedIp, record.MaskedDeviceId);
    }

    [Fact]
    public void Spellings_of_one_value_give_one_token_and_all_have_55_characters()
    {
        string[] spellings = ["2001:db8::1", "2001:DB8::1", "2001:0db8:0:0:0:0:0:1"];
        Assert.Single(spellings.Select(s => Protect(Deliveries.Replace("ip", $"\"{s}\""), "ip=mac").MaskedIp).Distinct());
        Assert.All(new[] { "", "x", new string('x', 159) }, text =>
            Assert.Equal(55, Protect(Deliveries.Replace("device_id", $"\"{text}\""), "device_id=mac").MaskedDeviceId!.Length));
    }

    [Fact]
    public void Longest_value_is_the_same_whatever_the_method()
    {
        foreach (var method in new[] { "siv", "mac", "escrow", "pfx" })
        {
            using var protector = _keys.Protector(new ProtectOptions { Methods = MaskMethods.Parse($"ip={method}") });
            Assert.IsType<LoginRecord>(protector.Protect(Deliveries.Decode(Deliveries.Replace("ip", $"\"{new string('1', 159)}\""))));
            var reject = Assert.IsType<SealedReject>(protector.Protect(Deliveries.Decode(Deliveries.Replace("ip", $"\"{new string('1', 160)}\""))));
            Assert.Equal((RejectReason.TooLong, "ip"), (reject.GetRejection().Reason, reject.Field));
        }
    }

    private LoginRecord Protect(string body, string methods) => Protect(_keys.Ring, body, methods);

    private static LoginRecord Protect(Keyring ring, string body, string methods)
    {
        using var protector = new Protector(ring, new ProtectOptions { Methods = MaskMethods.Parse(methods) });
        return Assert.IsType<LoginRecord>(protector.Protect(Deliveries.Decode(body)));
    }
}
