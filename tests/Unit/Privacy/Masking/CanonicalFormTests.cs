using System.Net;
using LoginEtl.Masking;
using LoginEtl.Tokens;
using Xunit;

namespace LoginEtl.Unit.Privacy.Masking;

public sealed class CanonicalFormTests
{
    [Theory]
    [InlineData("2001:db8::1")]
    [InlineData("2001:0db8::0001")]
    [InlineData("2001:DB8:0:0:0:0:0:1")]
    [InlineData("2001:db8:0000:0000:0000:0000:0000:0001")]
    [InlineData("2001:db8:0:0:0:0:0.0.0.1")]
    [InlineData("2001:Db8::0:1")]
    public void One_address_has_one_form(string spelling) => Assert.Equal("2001:db8::1", CanonicalForm.OfIp(spelling));

    [Theory]
    [InlineData("::ffff:203.113.197.245")]
    [InlineData("::FFFF:203.113.197.245")]
    [InlineData("0:0:0:0:0:ffff:203.113.197.245")]
    [InlineData("::ffff:cb71:c5f5")]
    [InlineData("203.113.197.245")]
    public void Mapped_address_is_its_IPv4(string spelling) => Assert.Equal("203.113.197.245", CanonicalForm.OfIp(spelling));

    [Theory]
    [InlineData("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:0:0:1:0:0:0:1", "2001:0:0:1::1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1")]
    [InlineData("2001:DB8::00AB", "2001:db8::ab")]
    [InlineData("0:0:0:0:0:0:0:0", "::")]
    [InlineData("0:0:0:0:0:0:0:1", "::1")]
    [InlineData("1:0:0:0:0:0:0:0", "1::")]
    [InlineData("0:1:0:0:0:0:0:0", "0:1::")]
    [InlineData("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0")]
    [InlineData("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::")]
    [InlineData("::1.2.3.4", "::102:304")]
    [InlineData("64:ff9b::192.0.2.33", "64:ff9b::c000:221")]
    public void IPv6_is_written_as_RFC_5952_says(string spelling, string canonical) =>
        Assert.Equal(canonical, CanonicalForm.OfIp(spelling));

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("010.0.0.1")]
    [InlineData("1.2.3")]
    [InlineData("0x7f.1")]
    [InlineData("2130706433")]
    [InlineData("127.0.0.1 ")]
    [InlineData("127.0.0.1:80")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("2001:db8::/32")]
    [InlineData(" ::1")]
    [InlineData("::1\n")]
    [InlineData(":::1")]
    [InlineData("1::2::3")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("::ffff:1.2.3")]
    [InlineData("::ffff:1.2.3.256")]
    [InlineData("12345::")]
    [InlineData("::00001")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("::\uFF11")]
    [InlineData("a device: not an address")]
    public void What_is_not_plainly_an_address_stays_as_it_is(string text) => Assert.Equal(text, CanonicalForm.OfIp(text));

    [Fact]
    public void Random_addresses_read_back_as_themselves_and_no_form_has_another_form()
    {
        var random = new Random(5952);
        var bytes = new byte[16];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            for (var group = 0; group < 8; group++)
            {
                if (random.Next(2) == 0)
                {
                    bytes[group * 2] = bytes[(group * 2) + 1] = 0;
                }
            }

            var address = new IPAddress(bytes);
            var text = Rfc5952.Format(address);
            Assert.Equal(address, IPAddress.Parse(text));
            Assert.Equal(CanonicalForm.OfIp(text), CanonicalForm.OfIp(address.ToString()));
            Assert.Equal(CanonicalForm.OfIp(text), CanonicalForm.OfIp(CanonicalForm.OfIp(text)));
        }
    }

    [Theory]
    [InlineData("\uFFFE", "\uFFFE")]
    [InlineData("e\u0301\uFFFEe\u0301", "\u00E9\uFFFE\u00E9")]
    [InlineData("\uFFFE\u0301e\uFFFE\uFFFE", "\uFFFE\u0301e\uFFFE\uFFFE")]
    [InlineData("e\u0301\uFFFF", "\u00E9\uFFFF")]
    public void Device_with_a_non_character_is_normalised_around_it(string text, string form) =>
        Assert.Equal(form, CanonicalForm.OfDeviceId(text));

    [Fact]
    public void Devices_are_normalised_and_neither_trimmed_nor_folded()
    {
        Assert.Equal("\u00E9", CanonicalForm.OfDeviceId("e\u0301"));
        Assert.Equal("\uAC01", CanonicalForm.OfDeviceId("\u1100\u1161\u11A8"));
        Assert.Equal(" AbC ", CanonicalForm.OfDeviceId(" AbC "));
        Assert.Equal("\uFB01", CanonicalForm.OfDeviceId("\uFB01"));
    }
}
