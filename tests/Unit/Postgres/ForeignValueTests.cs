using System.Security.Cryptography;
using System.Text;
using LoginEtl.Checks;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Rotation;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Tables that an earlier script filled: what it put there is recognised, told, and never quoted.</summary>
public sealed class ForeignValueTests(ServersFixture servers) : IDisposable
{
    private const string Address = "199.172.111.135";
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    public static TheoryData<string, string, string> Masked => new()
    {
        { Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Address))), Convert.ToHexString(SHA256.HashData("d"u8)), "SHA-256" },
        { "a56e7589b4b780605f7c614d13df6696", "d41d8cd98f00b204e9800998ecf8427e", "MD5" },
        { "299c9bc53acec6f712dc8d98c56f6869eda26a5e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "SHA-1" },
        { Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(Address))), Convert.ToHexStringLower(SHA512.HashData("d"u8)), "SHA-512" },
        { Ecb(Address), Ecb("593-47-5928"), "ciphertext in Base64" },
        { "gAAAAABmZk1rQ2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5", "gAAAAABmZk1rQ2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5Q2FuYXJ6", "Fernet" },
        { Address, "2001:db8::1", "plain addresses" },
        { "?", "593-47-5928", "none of these" },
    };

    [Theory]
    [MemberData(nameof(Masked))]
    public async Task What_an_earlier_script_put_there_is_told_by_its_shape_before_a_run_and_by_the_first(string ip, string device, string expected)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync($"INSERT INTO user_logins (masked_ip, masked_device_id) VALUES ('{ip}', '{device}'), ('{ip}', NULL), (NULL, NULL)");
        var check = await CheckAsync(database);
        Assert.Equal(CheckOutcome.Warn, check.Outcome);
        Assert.Contains("2 of ip like", check.Detail, StringComparison.Ordinal);
        Assert.Contains("1 of device_id like", check.Detail, StringComparison.Ordinal);
        Assert.Equal(2, check.Detail.Split(expected).Length - 1);

        await using var sink = await database.SinkAsync();
        var first = await sink.WriteAsync([Login()], TestDatabase.Token);
        var said = Assert.Single(first.Notices);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.All(new[] { ip, device }, v => Assert.DoesNotContain(v, $"{said} {check.Detail} {check.Remedy}", StringComparison.Ordinal));
        Assert.Empty((await sink.WriteAsync([Login()], TestDatabase.Token)).Notices);
        Assert.Equal(CheckOutcome.Warn, (await CheckAsync(database)).Outcome);
    }

    [Fact]
    public async Task Table_of_tokens_alone_is_told_of_by_nobody()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
        await using var sink = await database.SinkAsync();
        Assert.Empty((await sink.WriteAsync([Login(), Login()], TestDatabase.Token)).Notices);
        Assert.Equal(CheckOutcome.Pass, (await CheckAsync(database)).Outcome);
    }

    private ProtectedLogin Login()
    {
        using var ring = _keys.Open();
        using var protector = new Protector(ring);
        return protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(Deliveries.Body)));
    }

    private async Task<Check> CheckAsync(TestDatabase database)
    {
        await using var tokens = await database.TokensAsync();
        using var ring = _keys.Open();
        var checks = await KeyChecks.RunAsync(ring, MaskMethods.Default, await tokens.KeysAsync(TestDatabase.Token), await tokens.SampleAsync(TestDatabase.Token));
        return checks.Single(c => c.Name == "Values are tokens");
    }

    private static string Ecb(string text)
    {
        using var aes = Aes.Create();
        return Convert.ToBase64String(aes.EncryptEcb(Encoding.UTF8.GetBytes(text.PadRight(16)), PaddingMode.PKCS7));
    }
}
