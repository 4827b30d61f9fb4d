using System.Globalization;
using Amazon.Runtime;
using LoginEtl.Aws;
using LoginEtl.Aws.Accounts;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Credentials from files and the environment; a local server stands in for STS, SSO and the container's agent.</summary>
[Collection(RunsAlone.Name)]
public sealed class CredentialsTests : IDisposable
{
    private readonly SharedFiles _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Keys_of_the_environment_come_before_the_default_profile()
    {
        _files.Credentials("[default]\n" + SharedFiles.Keys);
        _files.Environment["AWS_ACCESS_KEY_ID"] = "AKIAENV";
        _files.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        _files.Environment["AWS_SESSION_TOKEN"] = "session";

        var found = await FindAsync();

        Assert.Equal(("AKIAENV", "session"), (found.AccessKey, found.Token));
    }

    [Fact]
    public async Task Profile_that_was_given_comes_before_the_environment()
    {
        _files.Credentials("[mine]\n" + SharedFiles.Keys);
        _files.Environment["AWS_ACCESS_KEY_ID"] = "AKIAENV";
        _files.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";

        Assert.Equal("AKIABASE", (await FindAsync("mine")).AccessKey);
    }

    [Theory]
    [InlineData("default", null)]
    [InlineData("mine", "mine")]
    public async Task Default_profile_or_that_of_AWS_PROFILE_is_used(string name, string? variable)
    {
        _files.Credentials($"[{name}]\n{SharedFiles.Keys}aws_session_token = session\n");
        _files.Environment["AWS_PROFILE"] = variable;

        var found = await FindAsync();

        Assert.Equal(("AKIABASE", "session"), (found.AccessKey, found.Token));
    }

    [Fact]
    public async Task Credential_process_is_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The process is a shell script.");
        var script = _files.PathOf("process.sh");
        await File.WriteAllTextAsync(
            script, "echo '{\"Version\": 1, \"AccessKeyId\": \"AKIAPROC\", \"SecretAccessKey\": \"secret\"}'\n", Cancelled);
        _files.Config($"[profile mine]\ncredential_process = sh {script}\n");

        Assert.Equal("AKIAPROC", (await FindAsync("mine")).AccessKey);
    }

    [Fact]
    public async Task Profile_assumes_its_role_with_the_keys_of_its_source()
    {
        _files.Credentials("[base]\n" + SharedFiles.Keys);
        _files.Config($"[profile mine]\nrole_arn = {SharedFiles.Role}\nsource_profile = base\nrole_session_name = logins\n");
        string? asked = null;
        await using var sts = new StubServer(request =>
        {
            asked = request;
            return SharedFiles.Answer(request);
        });
        _files.PointTo(sts.Url);

        var found = await FindAsync("mine");

        Assert.Equal(("ASIAROLE", "session"), (found.AccessKey, found.Token));
        Assert.Contains("Credential=AKIABASE/", asked, StringComparison.Ordinal);
        Assert.Contains("Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fetl&RoleSessionName=logins", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Role_that_may_not_be_assumed_is_told_by_its_code_alone()
    {
        _files.Credentials("[base]\n" + SharedFiles.Keys);
        _files.Config($"[profile mine]\nrole_arn = {SharedFiles.Role}\nsource_profile = base\n");
        await using var sts = new StubServer(_ => StubServer.Http("403 Forbidden", "text/xml",
            """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>of-a-secret</Message></Error></ErrorResponse>"""));
        _files.PointTo(sts.Url);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => FindAsync("mine"));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.Contains("'mine'", e.Message, StringComparison.Ordinal);
        Assert.Contains("AccessDenied", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default", null)]
    [InlineData("mine", "mine")]
    public async Task Malformed_file_is_the_operators_to_mend_and_is_not_quoted(string profile, string? named)
    {
        _files.Credentials($"[{profile}]\naws_access_key_id = AKIABASE\naws_secret_access_key of-a-secret\n");

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => FindAsync(named));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.EndsWith(": a line of the credentials or the config file is malformed.", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("of-a-secret", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Role_that_wants_an_MFA_code_says_so()
    {
        _files.Credentials("[base]\n" + SharedFiles.Keys);
        _files.Config($"[profile mine]\nrole_arn = {SharedFiles.Role}\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n");

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => FindAsync("mine"));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.Contains("MFA", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Web_identity_of_the_environment_comes_before_the_default_profile()
    {
        _files.Credentials("[default]\n" + SharedFiles.Keys);
        await File.WriteAllTextAsync(_files.PathOf("token"), "header.body.signature", Cancelled);
        _files.Environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = _files.PathOf("token");
        _files.Environment["AWS_ROLE_ARN"] = SharedFiles.Role;
        string? asked = null;
        await using var sts = new StubServer(request =>
        {
            asked = request;
            return SharedFiles.Answer(request);
        });
        _files.PointTo(sts.Url);

        Assert.Equal("ASIAROLE", (await FindAsync()).AccessKey);
        Assert.Contains("WebIdentityToken=header.body.signature", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Containers_agent_is_asked_with_its_token()
    {
        string? asked = null;
        await using var agent = new StubServer(request =>
        {
            asked = request;
            return StubServer.Http("200 OK", "application/json", string.Create(CultureInfo.InvariantCulture,
                $$"""{"AccessKeyId": "ASIATASK", "SecretAccessKey": "secret", "Token": "session", "Expiration": "{{DateTime.UtcNow.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}}"}"""));
        });
        _files.Environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.Url + "role";
        _files.Environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "agents-token";

        Assert.Equal("ASIATASK", (await FindAsync()).AccessKey);
        Assert.StartsWith("GET /role HTTP/1.1", asked, StringComparison.Ordinal);
        Assert.Contains("Authorization: agents-token", asked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mine", null)]
    [InlineData("default", null)]
    [InlineData("mine", "mine")]
    public async Task Login_by_SSO_gives_its_role_whether_the_profile_is_given_named_or_the_default(string name, string? variable)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The home folder is no environment variable's there.");
        _files.Config((name == "default" ? "[default]\n" : $"[profile {name}]\n") + SharedFiles.SsoProfile);
        _files.Environment["AWS_PROFILE"] = variable;
        _files.LogIn();
        string? asked = null;
        await using var sso = new StubServer(request =>
        {
            asked = request;
            return SharedFiles.Answer(request);
        });
        _files.PointTo(sso.Url);

        Assert.Equal("ASIASSO", (await FindAsync(variable is null && name != "default" ? name : null)).AccessKey);
        Assert.Contains("role_name=etl", asked, StringComparison.Ordinal);
        Assert.Contains("x-amz-sso_bearer_token: sso-token", asked, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Without_a_login_an_SSO_profile_says_how_to_log_in()
    {
        _files.Config("[profile mine]\n" + SharedFiles.SsoProfile);

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => FindAsync("mine"));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.Contains("aws sso login --profile mine", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Profile_of_AWS_PROFILE_that_is_not_there_is_named()
    {
        _files.Environment["AWS_PROFILE"] = "no-such-profile";

        var e = await Assert.ThrowsAsync<LoginEtlException>(() => FindAsync());

        Assert.Contains("'no-such-profile' is not there", e.Message, StringComparison.Ordinal);
    }

    // The SDK itself reads them once, and a PowerShell session sets them between runs.
    [Fact]
    public void Variables_that_are_set_while_the_process_runs_count_for_the_endpoint()
    {
        string Endpoint() => QueueEndpoints.Resolve(
            Settings(null) with { Region = "us-east-1" }, QueueAddress.Parse("q"), Environment.GetEnvironmentVariable).Url.AbsoluteUri;

        Assert.Equal("https://sqs.us-east-1.amazonaws.com/", Endpoint());
        _files.Environment["AWS_ENDPOINT_URL_SQS"] = "http://127.0.0.1:1/";
        Assert.Equal("http://127.0.0.1:1/", Endpoint());
        _files.Environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
        Assert.Equal("https://sqs.us-east-1.amazonaws.com/", Endpoint());
        _files.Environment["AWS_USE_FIPS_ENDPOINT"] = "true";
        Assert.Equal("https://sqs-fips.us-east-1.amazonaws.com/", Endpoint());
        _files.Environment["AWS_USE_DUALSTACK_ENDPOINT"] = "true";
        Assert.Equal("https://sqs-fips.us-east-1.api.aws/", Endpoint());
    }

    [Fact]
    public async Task Role_signs_the_calls_to_the_endpoint_of_its_profile_and_the_check_says_so()
    {
        _files.Credentials("[base]\n" + SharedFiles.Keys);
        string? signed = null;
        await using var server = new StubServer(request =>
        {
            signed = request.Contains("AssumeRole", StringComparison.Ordinal) ? null : request;
            return SharedFiles.Answer(request);
        });
        _files.PointTo(server.Url);
        _files.Config($"[profile mine]\nregion = eu-west-1\nrole_arn = {SharedFiles.Role}\nsource_profile = base\nservices = here\n"
            + $"[services here]\nsqs =\n  endpoint_url = {server.Url}\n");

        var checks = await new SqsConnector().CheckAsync(Settings("mine"), Cancelled);

        Assert.Equal("Of the profile 'mine': an assumed role.", checks[0].Detail);
        Assert.Contains("Credential=ASIAROLE/", signed, StringComparison.Ordinal);
        Assert.Contains("/eu-west-1/sqs/aws4_request", signed, StringComparison.Ordinal);
        Assert.Contains("X-Amz-Security-Token: session", signed, StringComparison.OrdinalIgnoreCase);
    }

    private static QueueSettings Settings(string? profile) =>
        new() { Queue = "q", ProfileName = profile, Timeout = TimeSpan.FromSeconds(10) };

    private static async Task<ImmutableCredentials> FindAsync(string? profile = null)
    {
        var credentials = await AccountCredentials
            .ResolveAsync(Settings(profile), "eu-west-1", Environment.GetEnvironmentVariable, Cancelled);
        return await credentials.GetCredentialsAsync();
    }
}
