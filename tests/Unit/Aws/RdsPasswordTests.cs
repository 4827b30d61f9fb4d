using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Aws.Rds;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>IAM tokens of RDS; the signature is made again here from the text of Signature Version 4.</summary>
[Collection(RunsAlone.Name)]
public sealed class RdsPasswordTests : IDisposable
{
    private const string Host = "logins.abcdefghijkl.eu-central-1.rds.amazonaws.com";
    private readonly SharedFiles _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("session/with+signs==")]
    public async Task Token_is_a_presigned_url_that_anyone_can_check(string? session)
    {
        var secret = Keys(session);
        var token = await Source().GetAsync(Host, 5432, "etl user", new AwsSettings(), Cancelled);

        Assert.StartsWith($"{Host}:5432/?", token, StringComparison.Ordinal);
        var query = Query(token);
        Assert.Equal(("connect", "etl user", "900"), (query["Action"], query["DBUser"], query["X-Amz-Expires"]));
        Assert.Equal(session, query.GetValueOrDefault("X-Amz-Security-Token"));
        Assert.EndsWith("/eu-central-1/rds-db/aws4_request", query["X-Amz-Credential"], StringComparison.Ordinal);
        var signature = query["X-Amz-Signature"];
        query.Remove("X-Amz-Signature");
        Assert.Equal(Signature(query, $"{Host}:5432", secret), signature);
    }

    [Theory]
    [InlineData(Host, null, null, "eu-central-1")]
    [InlineData("logins.x.cn-north-1.rds.amazonaws.com.cn", null, null, "cn-north-1")]
    [InlineData("logins.x.us-gov-west-1.rds.amazonaws.com", null, "eu-west-1", "us-gov-west-1")]
    [InlineData("db.example", null, "eu-west-1", "eu-west-1")]
    [InlineData("db.example", "eu-north-1", "eu-west-1", "eu-north-1")]
    [InlineData(Host, "eu-north-1", "eu-west-1", "eu-central-1")]
    public async Task Region_is_the_one_in_the_hosts_name_else_as_given_else_the_environments(
        string host, string? given, string? variable, string expected)
    {
        Keys(null);
        _files.Environment["AWS_REGION"] = variable;
        var token = await Source().GetAsync(host, 5432, "etl", new AwsSettings { Region = given }, Cancelled);
        Assert.Contains($"/{expected}/rds-db/", Query(token)["X-Amz-Credential"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_region_names_the_parameter()
    {
        Keys(null);
        _files.Environment["AWS_REGION"] = null;
        var fault = await Assert.ThrowsAsync<LoginEtlException>(
            async () => await Source().GetAsync("db.example", 5432, "etl", new AwsSettings(), Cancelled));
        Assert.Equal(("SettingMissing", FaultKind.Configuration), (fault.Id, fault.Kind));
        Assert.Contains("-Region", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_profile_is_named()
    {
        var fault = await Assert.ThrowsAsync<LoginEtlException>(
            async () => await Source().GetAsync(Host, 5432, "etl", new AwsSettings { ProfileName = "nobody" }, Cancelled));
        Assert.Equal("CredentialsNotFound", fault.Id);
        Assert.Contains("nobody", fault.Message, StringComparison.Ordinal);
    }

    private static RdsPasswordProvider Source() => new(Environment.GetEnvironmentVariable);

    private string Keys(string? session)
    {
        const string secret = "secret/of+the=account";
        _files.Environment["AWS_ACCESS_KEY_ID"] = "AKIATOKEN";
        _files.Environment["AWS_SECRET_ACCESS_KEY"] = secret;
        _files.Environment["AWS_SESSION_TOKEN"] = session;
        return secret;
    }

    private static Dictionary<string, string> Query(string token) => token[(token.IndexOf('?', StringComparison.Ordinal) + 1)..]
        .Split('&').Select(p => p.Split('=')).ToDictionary(p => Uri.UnescapeDataString(p[0]), p => Uri.UnescapeDataString(p[1]));

    // "Create a signed AWS API request", AWS IAM User Guide.
    private static string Signature(Dictionary<string, string> query, string host, string secret)
    {
        var canonicalQuery = string.Join('&', query.OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        var empty = Convert.ToHexStringLower(SHA256.HashData([]));
        var canonical = $"GET\n/\n{canonicalQuery}\nhost:{host}\n\nhost\n{empty}";
        var scope = query["X-Amz-Credential"].Split('/')[1..];
        var text = $"AWS4-HMAC-SHA256\n{query["X-Amz-Date"]}\n{string.Join('/', scope)}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope.Aggregate(Encoding.UTF8.GetBytes($"AWS4{secret}"), Mac);
        Assert.InRange(DateTime.ParseExact(query["X-Amz-Date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
            DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
        return Convert.ToHexStringLower(Mac(key, text));
    }

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
