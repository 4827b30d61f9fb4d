using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Kms;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Settings;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Where calls go, and the region that they are signed for. Nothing is connected to.</summary>
public sealed class EndpointTests : IDisposable
{
    private const string InNorth = "https://sqs.eu-north-1.amazonaws.com/123456789012/q";
    private const string ArnInNorth = "arn:aws:sqs:eu-north-1:123456789012:q";
    private const string Vpce = "https://vpce-0a1b.sqs.us-east-2.vpce.amazonaws.com";
    private const string Services = "[services here]\ns3 =\n  endpoint_url = http://of-s3:9\nsqs =\n  endpoint_url = http://of-sqs:1\nkms =\n  endpoint_url = http://of-kms:2\n";
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("login-etl-home-");

    public EndpointTests() => File.WriteAllText(PathOf("credentials"), "");

    public void Dispose() => _home.Delete(recursive: true);

    [Theory]
    [InlineData("http://given:1", "AWS_ENDPOINT_URL_SQS=http://own:1", "http://given:1/")]
    [InlineData(null, "AWS_ENDPOINT_URL_SQS=http://own:1;AWS_ENDPOINT_URL=http://all:2", "http://own:1/")]
    [InlineData(null, "AWS_ENDPOINT_URL=http://all:2;AWS_PROFILE=services", "http://all:2/")]
    [InlineData(null, "AWS_PROFILE=services", "http://of-sqs:1/")]
    [InlineData(null, "AWS_PROFILE=endpoint", "http://of-all:3/")]
    [InlineData(null, "AWS_PROFILE=none", null)]
    [InlineData(null, "AWS_PROFILE=endpoint;AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", null)]
    [InlineData(null, "AWS_PROFILE=ignored", null)]
    [InlineData(null, "AWS_PROFILE=ignored;AWS_ENDPOINT_URL=http://all:2", null)]
    [InlineData(null, "AWS_PROFILE=ignored;AWS_ENDPOINT_URL=http://all:2;AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false", "http://all:2/")]
    [InlineData("http://given:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "http://given:1/")]
    [InlineData(null, "AWS_ENDPOINT_URL=http://all:2;AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True", null)]
    [InlineData(null, "AWS_ENDPOINT_URL_SQS=", null)]
    public void Configured_endpoint_wins_over_the_queues_own_host_and_that_over_the_regions(string? given, string environment, string? url)
    {
        Profiles(
            $"[profile services]\nservices = here\nendpoint_url = http://of-all:3\n[profile endpoint]\nendpoint_url = http://of-all:3\n"
            + $"[profile none]\nservices = none\n[profile ignored]\nendpoint_url = http://of-all:3\nignore_configured_endpoint_urls = true\n{Services}");

        Assert.Equal(url ?? "https://sqs.eu-west-1.amazonaws.com/", Resolve("q", environment, given, "eu-west-1").Url.AbsoluteUri);
        Assert.Equal(url ?? "https://sqs.eu-north-1.amazonaws.com/", Resolve(InNorth, environment, given).Url.AbsoluteUri);
        Assert.Equal(url ?? "http://my-sqs:9324/", Resolve("http://my-sqs:9324/000000000000/q", environment, given, "eu-west-1").Url.AbsoluteUri);
        Assert.Equal(url ?? "https://sqs.eu-north-1.amazonaws.com/", Resolve(ArnInNorth, environment, given).Url.AbsoluteUri);
    }

    // Where the queue's own place is connected to, no other region can be signed for.
    [Theory]
    [InlineData("q", "eu-west-3", "AWS_REGION=eu-west-1", "eu-west-3")]
    [InlineData("q", null, "AWS_REGION=eu-west-1;AWS_DEFAULT_REGION=eu-west-2;AWS_PROFILE=region", "eu-west-1")]
    [InlineData("q", null, "AWS_DEFAULT_REGION=eu-west-2;AWS_PROFILE=region", "eu-west-2")]
    [InlineData("q", null, "AWS_PROFILE=region", "ap-south-1")]
    [InlineData(InNorth, null, "AWS_REGION=eu-west-1", "eu-north-1")]
    [InlineData(InNorth, "eu-west-3", "", "eu-north-1")]
    [InlineData(ArnInNorth, null, "AWS_REGION=eu-west-1", "eu-north-1")]
    [InlineData(ArnInNorth, "eu-west-3", "", "eu-north-1")]
    [InlineData("https://eu-north-1.queue.amazonaws.com/123456789012/q", "eu-west-3", "AWS_REGION=eu-west-1", "eu-north-1")]
    [InlineData("https://queue.amazonaws.com/123456789012/q", null, "AWS_REGION=eu-west-1", "us-east-1")]
    [InlineData(Vpce + "/123456789012/q", null, "AWS_REGION=eu-west-1", "us-east-2")]
    [InlineData("http://my-sqs:9324/000000000000/q", "eu-west-3", "AWS_REGION=eu-west-1", "eu-west-3")]
    [InlineData("http://my-sqs:9324/000000000000/q", null, "AWS_PROFILE=region", "ap-south-1")]
    public void Without_a_configured_endpoint_the_queues_region_comes_first(string queue, string? given, string environment, string region)
    {
        Profiles("[profile region]\nregion = ap-south-1\n");

        Assert.Equal(region, Resolve(queue, environment, endpoint: null, given).Region);
    }

    // Whoever configures an endpoint knows which region is behind it.
    [Theory]
    [InlineData(InNorth, "eu-west-3", "AWS_REGION=eu-west-1", "eu-west-3")]
    [InlineData(InNorth, null, "AWS_REGION=eu-west-1", "eu-west-1")]
    [InlineData(InNorth, null, "AWS_PROFILE=region", "ap-south-1")]
    [InlineData(ArnInNorth, null, "AWS_REGION=eu-west-1", "eu-west-1")]
    [InlineData(ArnInNorth, null, "", "eu-north-1")]
    [InlineData(InNorth, null, "", "eu-north-1")]
    public void With_a_configured_endpoint_the_configured_region_comes_first(string queue, string? given, string environment, string region)
    {
        Profiles("[profile region]\nregion = ap-south-1\n");

        Assert.Equal(("http://my-sqs:9324/", region), Of(Resolve(queue, environment, "http://my-sqs:9324", given)));
        Assert.Equal(("http://127.0.0.1:4566/", region), Of(Resolve(queue, environment + ";AWS_ENDPOINT_URL=http://127.0.0.1:4566", endpoint: null, given)));
    }

    [Fact]
    public void Configured_endpoint_of_AWS_tells_its_region_before_the_queue_does()
    {
        Assert.Equal((Vpce + "/", "us-east-2"), Of(Resolve("q", "", Vpce)));
        Assert.Equal((Vpce + "/", "us-east-2"), Of(Resolve(ArnInNorth, "", Vpce)));
        Assert.Equal((Vpce + "/", "eu-west-1"), Of(Resolve("q", "AWS_REGION=eu-west-1", Vpce)));
    }

    [Theory]
    [InlineData("eu-west-1", false, false, "https://sqs.eu-west-1.amazonaws.com/")]
    [InlineData("eu-west-1", true, false, "https://sqs.eu-west-1.api.aws/")]
    [InlineData("eu-west-1", false, true, "https://sqs-fips.eu-west-1.amazonaws.com/")]
    [InlineData("us-east-1", true, true, "https://sqs-fips.us-east-1.api.aws/")]
    [InlineData("us-gov-west-1", false, true, "https://sqs.us-gov-west-1.amazonaws.com/")]
    [InlineData("cn-north-1", false, false, "https://sqs.cn-north-1.amazonaws.com.cn/")]
    [InlineData("cn-north-1", true, false, "https://sqs.cn-north-1.api.amazonwebservices.com.cn/")]
    [InlineData("us-iso-east-1", false, false, "https://sqs.us-iso-east-1.c2s.ic.gov/")]
    [InlineData("us-isob-east-1", false, false, "https://sqs.us-isob-east-1.sc2s.sgov.gov/")]
    [InlineData("eusc-de-east-1", false, false, "https://sqs.eusc-de-east-1.amazonaws.eu/")]
    [InlineData("xx-new-1", false, false, "https://sqs.xx-new-1.amazonaws.com/")]
    [InlineData("xx-new-1", true, true, "https://sqs-fips.xx-new-1.api.aws/")]
    public void Regions_own_endpoint_is_that_of_the_SDKs_rules(string region, bool dualstack, bool fips, string url)
    {
        var environment = $"AWS_USE_DUALSTACK_ENDPOINT={dualstack};AWS_USE_FIPS_ENDPOINT={fips}";
        Profiles($"[default]\nuse_dualstack_endpoint = {!dualstack}\nuse_fips_endpoint = {!fips}\n"
            + $"[profile mine]\nuse_dualstack_endpoint = {dualstack}\nuse_fips_endpoint = {fips}\n");

        Assert.Equal((url, region), Of(Resolve("q", environment, endpoint: null, region)));
        Assert.Equal((url, region), Of(Resolve("q", "AWS_PROFILE=mine", endpoint: null, region)));
        Assert.Equal((url.Replace("://sqs", "://kms", StringComparison.Ordinal).Replace("kms.us-gov", "kms-fips.us-gov", StringComparison.Ordinal), region),
            Of(Kms(environment, "alias/k", region)));
    }

    // As AWS Tools for PowerShell take them.
    [Theory]
    [InlineData("EU-West-1", "https://sqs.eu-west-1.amazonaws.com/", "eu-west-1")]
    [InlineData("fips-us-east-1", "https://sqs-fips.us-east-1.amazonaws.com/", "us-east-1")]
    public void Region_is_read_as_the_SDK_reads_it(string given, string url, string region) =>
        Assert.Equal((url, region), Of(Resolve("q", "", endpoint: null, given)));

    [Theory]
    [InlineData("https://sqs.us-east-2.amazonaws.com", "https://sqs-fips.us-east-2.amazonaws.com/")]
    [InlineData("https://us-east-2.queue.amazonaws.com", "https://sqs-fips.us-east-2.amazonaws.com/")]
    [InlineData("https://sqs-fips.us-east-2.amazonaws.com", "https://sqs-fips.us-east-2.amazonaws.com/")]
    public void Queue_URL_of_AWS_is_no_way_around_FIPS(string host, string url) =>
        Assert.Equal((url, "us-east-2"), Of(Resolve(host + "/123456789012/q", "AWS_USE_FIPS_ENDPOINT=true")));

    [Theory]
    [InlineData("q", "http://127.0.0.1:4566", "AWS_USE_FIPS_ENDPOINT=true")]
    [InlineData("q", "https://sqs.eu-west-1.amazonaws.com", "AWS_USE_DUALSTACK_ENDPOINT=true")]
    [InlineData(Vpce + "/123456789012/q", null, "AWS_USE_FIPS_ENDPOINT=true")]
    [InlineData("http://127.0.0.1:4566/000000000000/q", null, "AWS_USE_DUALSTACK_ENDPOINT=true")]
    public void FIPS_and_dualstack_are_not_passed_over_for_an_endpoint_that_is_none_of_a_regions(string queue, string? endpoint, string environment)
    {
        var e = Assert.Throws<LoginEtlException>(() => Resolve(queue, environment, endpoint, "eu-west-1"));

        Assert.Equal("InvalidQueueSetting", e.Id);
        Assert.Contains("AWS_USE_FIPS_ENDPOINT", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:4566")]
    [InlineData("http://127.9.9.9")]
    [InlineData("http://[::1]:4566")]
    [InlineData("http://localhost:4566")]
    [InlineData("http://LOCALHOST.:4566")]
    [InlineData("http://sqs.localhost:9324")]
    public void On_loopback_a_region_is_made_up_and_counts_are_exact(string endpoint)
    {
        Assert.Equal((true, "us-east-1"), Local(Resolve("q", "", endpoint)));
        Assert.Equal((true, "us-east-1"), Local(Resolve("q", "AWS_ENDPOINT_URL=" + endpoint)));
        Assert.Equal((true, "us-east-1"), Local(Resolve(endpoint + "/000000000000/q", "")));
        Assert.Equal((true, "us-east-1"), Local(Kms("AWS_ENDPOINT_URL_KMS=" + endpoint)));
        Assert.Equal((true, "eu-west-1"), Local(Resolve("q", "AWS_REGION=eu-west-1", endpoint)));
    }

    [Theory]
    [InlineData("http://my-sqs:9324")]
    [InlineData("http://10.0.0.1:9324")]
    [InlineData("http://localhost.localstack.cloud:4566")]
    [InlineData("http://sqs.us-east-1.localhost.localstack.cloud:4566")]
    [InlineData("http://localhost.evil.example")]
    [InlineData("http://notlocalhost")]
    [InlineData("http://127.0.0.1.evil.example")]
    [InlineData("http://0.0.0.0")]
    public void Elsewhere_nothing_is_made_up(string endpoint)
    {
        Assert.Equal("InvalidQueueSetting", Assert.Throws<LoginEtlException>(() => Resolve("q", "", endpoint)).Id);
        Assert.Equal("InvalidQueueSetting", Assert.Throws<LoginEtlException>(() => Resolve(endpoint + "/000000000000/q", "")).Id);
        Assert.Equal("InvalidKeyServiceSetting", Assert.Throws<LoginEtlException>(() => Kms("AWS_ENDPOINT_URL_KMS=" + endpoint)).Id);
        Assert.Equal((false, "eu-west-1"), Local(Resolve("q", "AWS_REGION=eu-west-1", endpoint)));
    }

    [Theory]
    [InlineData("", "https://kms.eu-west-1.amazonaws.com/")]
    [InlineData("AWS_ENDPOINT_URL=http://all:2;AWS_PROFILE=services", "http://all:2/")]
    [InlineData("AWS_ENDPOINT_URL_KMS=http://own:1;AWS_ENDPOINT_URL=http://all:2", "http://own:1/")]
    [InlineData("AWS_ENDPOINT_URL_SQS=http://own:1", "https://kms.eu-west-1.amazonaws.com/")]
    [InlineData("AWS_PROFILE=services", "http://of-kms:2/")]
    [InlineData("AWS_PROFILE=services;AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "https://kms.eu-west-1.amazonaws.com/")]
    public void KMS_is_found_by_the_same_rules(string environment, string url)
    {
        Profiles("[profile services]\nservices = here\n" + Services);

        Assert.Equal((url, "eu-west-1"), Of(Kms(environment, "alias/k", "eu-west-1")));
        Assert.Equal((url, "eu-west-1"), Of(Kms(environment, "arn:aws:kms:eu-west-1:123456789012:key/k")));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("eu west", null)]
    [InlineData("evil.example/", null)]
    [InlineData("eu-west-1", "http://user:password@127.0.0.1/")]
    [InlineData("eu-west-1", "http://127.0.0.1/?password")]
    [InlineData("eu-west-1", "file:///etc/password")]
    [InlineData("eu-west-1", "password")]
    public void Wrong_region_or_endpoint_is_a_clear_error(string? region, string? endpoint)
    {
        var profile = endpoint is null ? "" : $"[profile mine]\nendpoint_url = {endpoint}\n";
        Profiles(profile);
        List<Action> all = [() => Resolve("q", "", endpoint, region), () => Resolve("q", $"AWS_ENDPOINT_URL={endpoint}", endpoint: null, region),
            () => Resolve("q", "AWS_PROFILE=mine", endpoint: null, region), () => Kms($"AWS_ENDPOINT_URL={endpoint}", "alias/k", region)];

        Assert.All(all.Select(Assert.Throws<LoginEtlException>), e =>
        {
            Assert.Contains(e.Id, (string[])["InvalidQueueSetting", "InvalidKeyServiceSetting"]);
            Assert.DoesNotContain("password", e.ToString(), StringComparison.Ordinal);
        });
    }

    private static (string, string) Of(QueueEndpoint endpoint) => (endpoint.Url.AbsoluteUri, endpoint.Region);

    private static (bool, string) Local(QueueEndpoint endpoint) => (endpoint.IsLocal, endpoint.Region);

    private string PathOf(string file) => Path.Combine(_home.FullName, file);

    private void Profiles(string text)
    {
        File.WriteAllText(PathOf("config"), text);
    }

    private QueueEndpoint Resolve(string queue, string environment, string? endpoint = null, string? region = null) => QueueEndpoints.Resolve(
        new QueueSettings { Queue = queue, Region = region, EndpointUrl = endpoint is null ? null : new Uri(endpoint, UriKind.RelativeOrAbsolute) },
        QueueAddress.Parse(queue), Variables(environment));

    private QueueEndpoint Kms(string environment, string key = "alias/k", string? region = null) =>
        KmsEndpoint.Resolve(new KmsSettings(key) { Region = region }, Variables(environment));

    // Files of this test alone, whatever the machine has.
    private Func<string, string?> Variables(string environment)
    {
        var variables = environment.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        variables["AWS_SHARED_CREDENTIALS_FILE"] = PathOf("credentials");
        return variables.GetValueOrDefault;
    }
}
