using System.Text.Json;
using LoginEtl.Decoding;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Sandbox;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Protecting;

/// <summary>Personal data in fields that are not masked are found where they are the whole value, and nothing else is taken for them.</summary>
public sealed class PiiFinderTests
{
    private const int Uuids = 1_000_000;

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("10.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:DB8:0:0:0:0:0:1")]
    [InlineData("::1")]
    [InlineData("::ffff:203.0.113.7")]
    [InlineData("fe80::1")]
    [InlineData("ada@example.org")]
    [InlineData("Ada.Lovelace+logins@mail.example.co.uk")]
    [InlineData("+49@example.org")]
    [InlineData("+4930901820")]
    [InlineData("+49 30 901820")]
    [InlineData("+1 (555) 010-4477")]
    [InlineData("+1-555-010-4477")]
    [InlineData("+44 20 7946 0958")]
    [InlineData("(555) 010-4477")]
    public void Whole_value_is_personal(string text)
    {
        Assert.Equal(PiiFields.UserId, Find(LoginFields.UserId, text));
        Assert.Equal(PiiFields.DeviceType, Find(LoginFields.DeviceType, text));
        Assert.Equal(PiiFields.Locale, Find(LoginFields.Locale, text));
        Assert.Equal(text.Split('.').Length == 4 && !text.Contains(':') && !text.Contains('@') ? PiiFields.None : PiiFields.AppVersion, Find(LoginFields.AppVersion, text));
    }

    [Theory]
    [InlineData("424cdd21-063a-43a7-b91b-7ca1a833afae")]
    [InlineData("4915112345678")]
    [InlineData("593-47-5928")]
    [InlineData("555-010-4477")]
    [InlineData("0049 30 901820")]
    [InlineData("+1")]
    [InlineData("+12345")]
    [InlineData("+1234567890123456")]
    [InlineData("+0301234567")]
    [InlineData("+49  30 901820")]
    [InlineData("+49 30 901820 x5")]
    [InlineData("(unknown)")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("01.2.3.4")]
    [InlineData("203.0.113.7:80")]
    [InlineData("203.0.113.7, 10.0.0.1")]
    [InlineData("of 203.0.113.7")]
    [InlineData("a::b")]
    [InlineData("abc::def")]
    [InlineData("user:42")]
    [InlineData("12:30:45")]
    [InlineData("00:1B:44:11:3A:B7")]
    [InlineData("arn:aws:iam::123456789012:user/ada")]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82")]
    [InlineData("@ada:example.org")]
    [InlineData("ada@host")]
    [InlineData("ada@@example.org")]
    [InlineData("a da@example.org")]
    [InlineData("ada@example.org.")]
    [InlineData("ada@example.o")]
    [InlineData("de_DE@euro")]
    [InlineData("de_DE.UTF-8@euro")]
    [InlineData("sr_RS@latin")]
    [InlineData("zh-Hans-CN")]
    [InlineData("iPhone12,1")]
    [InlineData("SM-G991B (Android 14)")]
    [InlineData("ada@example.org\n")]
    [InlineData("+4930901820\n")]
    [InlineData("＋4930901820")]
    [InlineData("x")]
    public void Anything_else_is_not(string text)
    {
        Assert.Equal(PiiFields.None, Find(LoginFields.UserId, text));
        Assert.Equal(PiiFields.None, Find(LoginFields.DeviceType, text));
        Assert.Equal(PiiFields.None, Find(LoginFields.Locale, text));
        Assert.Equal(PiiFields.None, Find(LoginFields.AppVersion, text));
    }

    [Theory]
    [InlineData("2.3.0")]
    [InlineData("6.02")]
    [InlineData("10.0.0.1")]
    [InlineData("2.3.0+build.20261201")]
    [InlineData("1:2.3-4")]
    [InlineData("my-app@2.3.0")]
    [InlineData("my.app@2.3.rc")]
    [InlineData("my.app@1.2.beta")]
    public void Version_is_none_though_it_has_four_parts_or_names_its_package(string version) => Assert.Equal(PiiFields.None, Find(LoginFields.AppVersion, version));

    [Fact]
    public void Mailbox_of_a_house_with_digits_alone_is_one_where_it_is_no_version()
    {
        Assert.Equal(PiiFields.UserId, Find(LoginFields.UserId, "12345@163.com"));
        Assert.Equal(PiiFields.None, Find(LoginFields.AppVersion, "12345@163.com"));
    }

    [Fact]
    public void Nothing_is_found_in_the_samples_nor_in_a_million_uuids()
    {
        var samples = File.ReadLines(Repository.PathOf("sandbox/samples/login-messages.ndjson")).Concat(SampleMessages.Create(5_000)).Select(Deliveries.Decode).OfType<LoginMessage>().ToList();
        Assert.True(samples.Count > 5_000);
        Assert.All(samples, login => Assert.Equal(PiiFields.None, PiiFinder.Find(login)));
        var random = new Random(20261201);
        var bytes = new byte[16];
        for (var i = 0; i < Uuids; i++)
        {
            random.NextBytes(bytes);
            var uuid = new Guid(bytes);
            samples[0].UserId = uuid.ToString(i % 3 == 0 ? "D" : i % 3 == 1 ? "N" : "B");
            Assert.True(PiiFinder.Find(samples[0]) == PiiFields.None, samples[0].UserId);
        }
    }

    [Fact]
    public void Login_is_written_quarantined_or_not_looked_at()
    {
        using var keys = new TestKeys();
        var body = Deliveries.Replace("user_id", "\"ada@example.org\"").Replace("\"RU\"", "\"203.0.113.7\"", StringComparison.Ordinal);
        ProtectedLogin Protect(PiiFoundAction action)
        {
            using var protector = keys.Protector(new ProtectOptions { OnPiiFound = action });
            return protector.Protect(Deliveries.Decode(body));
        }

        Assert.Equal(PiiFields.UserId | PiiFields.Locale, Assert.IsType<LoginRecord>(Protect(PiiFoundAction.Warn)).Pii);
        Assert.Equal(PiiFields.None, Assert.IsType<LoginRecord>(Protect(PiiFoundAction.Ignore)).Pii);
        var reject = Assert.IsType<SealedReject>(Protect(PiiFoundAction.Quarantine));
        Assert.Equal("pii_found (user_id)", $"{reject.GetRejection()}");
        Assert.DoesNotContain("example", reject.ToString(), StringComparison.Ordinal);
    }

    private static PiiFields Find(string field, string text) =>
        PiiFinder.Find((LoginMessage)Deliveries.Decode(Deliveries.Replace(field, JsonSerializer.Serialize(text))));
}
