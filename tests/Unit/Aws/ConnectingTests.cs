using System.Diagnostics;
using LoginEtl.Aws;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

public sealed class ConnectingTests(ServersFixture servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Missing_queue_is_named_with_its_endpoint_and_region()
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
    public async Task Endpoint_where_nobody_listens_is_told_at_once()
    {
        var settings = new QueueSettings
        {
            Queue = "q",
            Region = "us-east-1",
            EndpointUrl = new Uri("http://127.0.0.1:1/"),
            AccessKey = "a",
            SecretKey = new SecretText("top-secret"),
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
    public async Task Profile_that_is_not_there_is_told_by_its_name()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings with
        {
            AccessKey = null,
            SecretKey = null,
            ProfileName = "no-such-profile",
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
            AccessKey = null,
            SecretKey = null,
            Timeout = TimeSpan.FromSeconds(1),
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
    public async Task Queue_is_found_by_its_name_its_url_and_its_arn()
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

    [Fact]
    public async Task Options_without_sense_are_refused()
    {
        var settings = (await TestQueue.CreateAsync(servers)).Settings;
        ReceiveOptions[] wrong =
        [
            new() { Receivers = 0 }, new() { MaxHeld = 0 }, new() { MaxHeldBytes = 0 }, new() { MaxMessages = 0 },
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
