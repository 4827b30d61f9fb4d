using System.Diagnostics;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Sqs;
using LoginEtl.Sqs.Connecting;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Sqs;

public sealed class ConnectingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missing_queue_is_named_with_its_endpoint_and_region()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings with { Queue = "no-such-queue" };

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => new SqsConnector().ReceiveFromAsync(settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueNotFound", e.Id);
        Assert.Equal(FaultKind.NotFound, e.Kind);
        Assert.Contains("no-such-queue", e.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", e.Message, StringComparison.Ordinal);
        Assert.Contains(settings.Region!, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_where_nobody_listens_is_told_at_once()
    {
        var settings = new QueueSettings
        {
            Queue = "q", Region = "us-east-1", EndpointUrl = new Uri("http://127.0.0.1:1/"),
            AccessKey = "a", SecretKey = new SecretText("top-secret"),
        };
        var clock = Stopwatch.StartNew();

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => new SqsConnector().ReceiveFromAsync(settings, new ReceiveOptions(), Cancelled));

        Assert.Equal("QueueUnreachable", e.Id);
        Assert.Contains("127.0.0.1:1", e.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionRefused", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret", e.ToString(), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_profile_that_is_not_there_is_told_by_its_name()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings with
        {
            AccessKey = null, SecretKey = null, ProfileName = "no-such-profile",
        };

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => new SqsConnector().SendToAsync(settings, Cancelled));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.Contains("no-such-profile", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_credentials_the_search_ends_in_time()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings with
        {
            AccessKey = null, SecretKey = null, Timeout = TimeSpan.FromSeconds(1),
        };
        var clock = Stopwatch.StartNew();

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => new SqsConnector().SendToAsync(settings, Cancelled));

        Assert.Equal("CredentialsNotFound", e.Id);
        Assert.Contains("AWS_ACCESS_KEY_ID", e.Remedy, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Half_a_pair_of_keys_is_refused()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings with { SecretKey = null };

        var e = await Assert.ThrowsAsync<LoginEtlException>(
            () => new SqsConnector().SendToAsync(settings, Cancelled));

        Assert.Equal("InvalidQueueSetting", e.Id);
    }

    [Fact]
    public async Task A_queue_is_found_by_its_name_its_url_and_its_arn()
    {
        var queue = await TestQueue.CreateAsync(servers);
        foreach (var named in (string[])[
            queue.Name,
            $"{servers.SqsEndpoint}000000000000/{queue.Name}",
            $"https://sqs.eu-central-1.amazonaws.com/000000000000/{queue.Name}",
            $"arn:aws:sqs:us-east-1:000000000000:{queue.Name}"])
        {
            await using var sender = await new SqsConnector().SendToAsync(queue.Settings with { Queue = named }, Cancelled);
            Assert.Equal(queue.Name, sender.Name);
            Assert.Single(await sender.SendAsync(["{}"], Cancelled));
        }
    }

    [Theory]
    [InlineData(null, null, "q", "AWS_REGION=eu-west-1", "https://sqs.eu-west-1.amazonaws.com/", "eu-west-1")]
    [InlineData(null, null, "q", "AWS_DEFAULT_REGION=cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn/", "cn-north-1")]
    [InlineData(null, "eu-west-3", "q", "AWS_REGION=eu-west-1", "https://sqs.eu-west-3.amazonaws.com/", "eu-west-3")]
    [InlineData("http://127.0.0.1:4566", null, "q", "", "http://127.0.0.1:4566/", "us-east-1")]
    [InlineData("http://127.0.0.1:4566", null, "q", "AWS_ENDPOINT_URL_SQS=http://other:1", "http://127.0.0.1:4566/", "us-east-1")]
    [InlineData(null, null, "q", "AWS_ENDPOINT_URL_SQS=http://own:1;AWS_ENDPOINT_URL=http://all:2", "http://own:1/", "us-east-1")]
    [InlineData(null, null, "q", "AWS_ENDPOINT_URL=http://all:2", "http://all:2/", "us-east-1")]
    [InlineData(null, "eu-west-1", "q", "AWS_ENDPOINT_URL=http://all:2;AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "https://sqs.eu-west-1.amazonaws.com/", "eu-west-1")]
    [InlineData(null, "us-east-1", "q", "AWS_USE_FIPS_ENDPOINT=true", "https://sqs-fips.us-east-1.amazonaws.com/", "us-east-1")]
    [InlineData(null, null, "https://sqs.eu-north-1.amazonaws.com/123456789012/q", "AWS_REGION=eu-west-1", "https://sqs.eu-north-1.amazonaws.com/", "eu-north-1")]
    [InlineData(null, null, "arn:aws:sqs:eu-north-1:123456789012:q", "AWS_REGION=eu-west-1", "https://sqs.eu-north-1.amazonaws.com/", "eu-north-1")]
    [InlineData(null, null, "http://localhost:4566/000000000000/q", "", "http://localhost:4566/", "us-east-1")]
    public void Endpoint_and_region_come_from_settings_then_the_queues_address_then_the_environment(
        string? endpoint, string? region, string queue, string environment, string url, string regionToSignFor)
    {
        var variables = environment.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        var settings = new QueueSettings
        {
            Queue = queue, Region = region, EndpointUrl = endpoint is null ? null : new Uri(endpoint),
            AccessKey = "a", SecretKey = new SecretText("s"),
        };

        var resolved = QueueEndpoint.Resolve(settings, QueueAddress.Parse(queue), variables.GetValueOrDefault);

        Assert.Equal((url, regionToSignFor), (resolved.Url.AbsoluteUri, resolved.Region));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("eu west", null)]
    [InlineData("evil.example/", null)]
    [InlineData("eu-west-1", "http://user:password@127.0.0.1/")]
    [InlineData("eu-west-1", "file:///etc/passwd")]
    public void A_wrong_region_or_endpoint_is_a_clear_error(string? region, string? endpoint)
    {
        var settings = new QueueSettings
        {
            Queue = "q", Region = region, EndpointUrl = endpoint is null ? null : new Uri(endpoint),
            AccessKey = "a", SecretKey = new SecretText("s"),
        };

        var e = Assert.Throws<LoginEtlException>(
            () => QueueEndpoint.Resolve(settings, QueueAddress.Parse("q"), _ => null));

        Assert.Equal("InvalidQueueSetting", e.Id);
        Assert.DoesNotContain("password", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_without_sense_are_refused()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings;
        ReceiveOptions[] wrong =
        [
            new() { Receivers = 0 }, new() { MaxHeld = 0 }, new() { MaxMessages = 0 },
            new() { MaxDuration = TimeSpan.Zero }, new() { DrainWindow = TimeSpan.Zero }, new() { StallTimeout = TimeSpan.Zero },
        ];
        foreach (var options in wrong)
        {
            var e = await Assert.ThrowsAsync<LoginEtlException>(
                () => new SqsConnector().ReceiveFromAsync(settings, options, Cancelled));
            Assert.Equal("InvalidQueueSetting", e.Id);
        }
    }
}
