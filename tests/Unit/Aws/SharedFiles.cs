using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// A home folder with shared config and credentials files, the environment that points to it, and what STS and SSO
/// answer. For tests of the collection <see cref="RunsAlone"/>.
/// </summary>
internal sealed class SharedFiles : IDisposable
{
    public const string Keys = "aws_access_key_id = AKIABASE\naws_secret_access_key = secret\n";
    public const string Role = "arn:aws:iam::123456789012:role/etl";
    public const string SsoProfile = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = etl\n" + SsoSession;

    private const string SsoSession =
        "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("login-etl-home-");

    public SharedFiles()
    {
        Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        Environment["AWS_SHARED_CREDENTIALS_FILE"] = PathOf("credentials");
        Environment["HOME"] = _home.FullName;
        Credentials("");
    }

    public EnvironmentVariables Environment { get; } = new();

    public string PathOf(string file) => Path.Combine(_home.FullName, file);

    public void Credentials(string text) => File.WriteAllText(PathOf("credentials"), text);

    // Beside the credentials: there the SDK looks where AWS_CONFIG_FILE is not set.
    public void Config(string text) => File.WriteAllText(PathOf("config"), text);

    /// <summary>STS and SSO are there.</summary>
    public void PointTo(Uri server)
    {
        Environment["AWS_ENDPOINT_URL_STS"] = server.AbsoluteUri;
        Environment["AWS_ENDPOINT_URL_SSO"] = server.AbsoluteUri;
    }

    /// <summary>The profiles base, role, web and sso.</summary>
    public void WriteProfiles()
    {
        File.WriteAllText(PathOf("token"), "header.body.signature");
        Credentials("[base]\n" + Keys);
        Config($"[profile role]\nrole_arn = {Role}\nsource_profile = base\n"
            + $"[profile web]\nrole_arn = {Role}\nweb_identity_token_file = {PathOf("token")}\nrole_session_name = logins\n"
            + "[profile sso]\n" + SsoProfile);
    }

    /// <summary>As <c>aws sso login</c> leaves it: the file is named after the session.</summary>
    public void LogIn()
    {
#pragma warning disable CA5350 // A file's name.
        var name = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes("corp")));
#pragma warning restore CA5350
        var cache = _home.CreateSubdirectory(".aws/sso/cache");
        File.WriteAllText(Path.Combine(cache.FullName, name + ".json"),
            """{"startUrl": "https://corp.example/start", "region": "eu-west-1", "accessToken": "sso-token", "expiresAt": "2099-01-01T00:00:00Z"}""");
    }

    /// <summary>What STS and SSO say to a request; to any other, a queue's answer.</summary>
    public static string Answer(string request) =>
        request.Contains("Action=AssumeRoleWithWebIdentity", StringComparison.Ordinal) ? StubServer.Xml(Assumed("AssumeRoleWithWebIdentity"))
        : request.Contains("Action=AssumeRole", StringComparison.Ordinal) ? StubServer.Xml(Assumed("AssumeRole"))
        : request.StartsWith("GET /federation/credentials", StringComparison.Ordinal) ? StubServer.Http("200 OK", "application/json", Login())
        : StubServer.Json("""{"QueueUrl": "http://x/0/q", "Attributes": {"VisibilityTimeout": "30"}}""");

    public void Dispose()
    {
        Environment.Dispose();
        _home.Delete(recursive: true);
    }

    private static string Login() => string.Create(CultureInfo.InvariantCulture,
        $$"""{"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "secret", "sessionToken": "session", "expiration": {{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds()}} } }""");

    private static string Assumed(string action) => string.Create(CultureInfo.InvariantCulture, $"""
        <{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
          <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/etl/logins</Arn><AssumedRoleId>AROA:logins</AssumedRoleId></AssumedRoleUser>
          <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>{DateTime.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}</Expiration></Credentials>
        </{action}Result></{action}Response>
        """);
}
