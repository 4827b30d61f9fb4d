using System.Net;
using LoginEtl.Decoding;
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

/// <summary>Behind proxies one address comes in many texts, and has one token only under Forwarded.</summary>
public sealed class ForwardedAddressTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("203.0.113.7, 10.0.0.1")]
    [InlineData("203.0.113.7,10.0.0.1,10.0.0.2")]
    [InlineData(" \t203.0.113.7 ")]
    [InlineData("203.0.113.7:4711")]
    [InlineData("203.0.113.7:4711, unknown")]
    [InlineData("::ffff:203.0.113.7")]
    [InlineData("[::FFFF:203.0.113.7]:80 , x")]
    public void One_address_behind_proxies_has_one_form(string text) => Assert.Equal("203.0.113.7", CanonicalForm.OfForwardedIp(text));

    [Theory]
    [InlineData("2001:db8::1")]
    [InlineData("[2001:DB8::1]")]
    [InlineData("[2001:db8:0::1]:443")]
    [InlineData("2001:db8::1%eth0")]
    [InlineData("[2001:db8::1%25eth0]:443, 203.0.113.7")]
    public void So_has_one_of_version_6(string text) => Assert.Equal("2001:db8::1", CanonicalForm.OfForwardedIp(text));

    [Theory]
    [InlineData("")]
    [InlineData(",203.0.113.7")]
    [InlineData("unknown, 203.0.113.7")]
    [InlineData("203.0.113.7 203.0.113.8")]
    [InlineData("203.0.113.7:")]
    [InlineData("203.0.113.7:http")]
    [InlineData("203.0.113.7:123456")]
    [InlineData("203.0.113.7:80:81")]
    [InlineData("203.0.113.7%eth0")]
    [InlineData("203.0.113.07")]
    [InlineData("[203.0.113.7]")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]x")]
    [InlineData("2001:db8::/32")]
    [InlineData("\"203.0.113.7\"")]
    [InlineData("for=203.0.113.7")]
    [InlineData("203.0.113.7\n")]
    public void What_begins_with_no_address_is_left_as_it_is(string text) => Assert.Equal(text, CanonicalForm.OfForwardedIp(text));

    [Fact]
    public void Address_is_told_from_text_as_its_parser_tells_it()
    {
        string[] texts =
        [
            "1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3", ".1.2.3", "1.2.3.", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.00",
            "", "::", "::1", "1::", "2001:db8::1", "2001:DB8::1", "fe80::1%1", "[::1]", "1.2.3.4:80", "١.2.3.4", "1.2.3.4\n", "99999999999.1.1.1",
        ];
        Assert.All(texts, t => Assert.Equal(AddressText.Parse(t) is not null, AddressText.IsAddress(t)));
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[random.Next(2) == 0 ? 4 : 16];
            random.NextBytes(bytes);
            Assert.True(AddressText.IsAddress(AddressText.Format(bytes)), $"{new IPAddress(bytes)}");
        }
    }

    [Theory]
    [InlineData("ip=siv")]
    [InlineData("ip=mac")]
    [InlineData("ip=pfx")]
    public void Under_Forwarded_one_address_has_one_token_and_is_found_by_any_of_its_texts(string methods)
    {
        var options = new ProtectOptions { Methods = MaskMethods.Parse(methods) };
        var forwarded = options with { IpForm = IpForm.Forwarded };
        const string List = "203.0.113.7:4711, 10.0.0.1";
        Assert.NotEqual(Record("203.0.113.7", options).MaskedIp, Record(List, options).MaskedIp);
        var token = Record(List, forwarded).MaskedIp!;
        Assert.Equal(Record("203.0.113.7", options).MaskedIp, token);
        Assert.Contains(token, TokenFinder.TokensOf(_keys.Ring, LoginFields.Ip, new Plaintext("203.0.113.7, x"), IpForm.Forwarded));
        Assert.DoesNotContain(token, TokenFinder.TokensOf(_keys.Ring, LoginFields.Ip, new Plaintext("203.0.113.7, x")));
    }

    [Fact]
    public void List_longer_than_a_token_is_masked_by_its_first_address()
    {
        var list = "203.0.113.7, " + string.Join(", ", Enumerable.Repeat("10.0.0.1", 100));
        Assert.Equal(Record("203.0.113.7", new ProtectOptions()).MaskedIp, Record(list, new ProtectOptions { IpForm = IpForm.Forwarded }).MaskedIp);
    }

    [Theory]
    [InlineData("203.0.113.7", IpForm.Strict, false)]
    [InlineData("2001:DB8::1", IpForm.Strict, false)]
    [InlineData("203.0.113.7, 10.0.0.1", IpForm.Strict, true)]
    [InlineData("203.0.113.7, 10.0.0.1", IpForm.Forwarded, false)]
    [InlineData("unknown", IpForm.Forwarded, true)]
    [InlineData("", IpForm.Strict, true)]
    public void Record_knows_whether_its_ip_is_no_address(string ip, IpForm form, bool isNone) =>
        Assert.Equal(isNone, Record(ip, new ProtectOptions { IpForm = form }).HasNoAddress);

    private LoginRecord Record(string ip, ProtectOptions options)
    {
        using var protector = _keys.Protector(options);
        var body = Deliveries.Replace("ip", System.Text.Json.JsonSerializer.Serialize(ip));
        return Assert.IsType<LoginRecord>(protector.Protect(LoginDecoder.Decode(Deliveries.New(), System.Text.Encoding.UTF8.GetBytes(body))));
    }
}
