using Amazon;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;
using LoginEtl.Aws.Queues;
using LoginEtl.Faults;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>What a queue's name, URL and ARN say.</summary>
public sealed class QueueAddressTests
{
    /// <summary>Every region that the SDK names, and some that it does not.</summary>
    // The SDK adds to its list whatever was asked for, as other tests do.
    public static TheoryData<string> Regions =>
        [.. RegionEndpoint.EnumerableAllRegions.Where(r => r.DisplayName != "Unknown").Select(r => r.SystemName), "xx-new-1", "cn-new-9", "us-gov-north-9", "ap-southeast-99"];

    [Theory]
    [InlineData("login-queue", "login-queue", null, null)]
    [InlineData("https://sqs.eu-central-1.amazonaws.com/123456789012/q", "q", "123456789012", "eu-central-1")]
    [InlineData("http://localhost:4566/000000000000/q", "q", "000000000000", null)]
    [InlineData("http://localhost:4566/queue/q", "q", null, null)]
    [InlineData("http://localhost:4566/000000000000/q.fifo", "q.fifo", "000000000000", null)]
    [InlineData("arn:aws-cn:sqs:cn-north-1:123456789012:q", "q", "123456789012", "cn-north-1")]
    public void Queues_name_url_and_arn_are_understood(string queue, string name, string? account, string? region)
    {
        var address = QueueAddress.Parse(queue);

        Assert.Equal((name, account, region), (address.Name, address.AccountId, address.Region));
    }

    [Theory]
    [MemberData(nameof(Regions))]
    public void URLs_and_ARNs_of_every_region_and_partition_tell_it(string region)
    {
        var partition = Fn.Partition(region);
        string[] hosts =
        [
            $"sqs.{region}.{partition.dnsSuffix}", $"sqs-fips.{region}.{partition.dnsSuffix}", $"{region}.queue.{partition.dnsSuffix}",
            $"sqs.{region}.{partition.dualStackDnsSuffix}", $"sqs-fips.{region}.{partition.dualStackDnsSuffix}",
            $"vpce-0a1b-c2d3.sqs.{region}.vpce.{partition.dnsSuffix}", $"vpce-0a1b-c2d3-us-east-1a.sqs.{region}.vpce.{partition.dnsSuffix}",
            $"vpce-0a1b-c2d3.sqs-fips.{region}.vpce.{partition.dnsSuffix}",
        ];
        string[] urls = [.. hosts.SelectMany(host => (string[])
            [$"https://{host}", $"http://{host}", $"https://{host}:443", $"https://{host}.", $"HTTPS://{host.ToUpperInvariant()}"])];

        Assert.All(urls, url => Assert.Equal(region, QueueAddress.Parse($"{url}/123456789012/login-queue").Region));
        var arn = QueueAddress.Parse($"arn:{partition.name}:sqs:{region}:123456789012:login-queue");
        Assert.Equal(("login-queue", "123456789012", region), (arn.Name, arn.AccountId, arn.Region));
    }

    // The first region's oldest name is the one without a region; China never had such a name.
    [Theory]
    [InlineData("https://queue.amazonaws.com", "us-east-1")]
    [InlineData("http://QUEUE.amazonaws.com.:80", "us-east-1")]
    [InlineData("https://queue.amazonaws.com.cn", null)]
    public void Oldest_URLs_are_those_of_the_first_region(string url, string? region) =>
        Assert.Equal(region, QueueAddress.Parse(url + "/123456789012/login-queue").Region);

    [Theory]
    [InlineData("https://sqs.eu-west-1.amazonaws.com.evil.example")]
    [InlineData("https://eu-west-1.queue.amazonaws.com.evil.example")]
    [InlineData("https://queue.amazonaws.com.evil.example")]
    [InlineData("https://sqs.eu-west-1.amazonaws.com.cn")]
    [InlineData("https://sqs.cn-north-1.amazonaws.com")]
    [InlineData("https://eu-west-1.evil.amazonaws.com")]
    [InlineData("https://my.queue.amazonaws.com")]
    [InlineData("https://sns.eu-west-1.amazonaws.com")]
    [InlineData("http://my-sqs:9324")]
    [InlineData("http://10.0.0.1:9324")]
    [InlineData("http://sqs.eu-west-1.localhost.localstack.cloud:4566")]
    [InlineData("http://eu-west-1.queue.localhost.localstack.cloud:4566")]
    [InlineData("http://eu-west-1.queue.localhost.evil.example")]
    public void Host_that_is_none_of_AWS_for_its_region_tells_none(string url) =>
        Assert.Null(QueueAddress.Parse(url + "/123456789012/login-queue").Region);

    [Theory]
    [InlineData("http://eu-west-1.queue.localhost:4566")]
    [InlineData("http://sqs.eu-west-1.localhost:4566")]
    [InlineData("http://SQS.eu-west-1.LOCALHOST.:4566")]
    public void Emulators_host_on_loopback_tells_its_region(string url) =>
        Assert.Equal("eu-west-1", QueueAddress.Parse(url + "/000000000000/login-queue").Region);

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("arn:aws:sns:eu-central-1:123456789012:q")]
    [InlineData("arn:aws:sqs:eu-central-1:123:q")]
    [InlineData("ftp://host/q")]
    [InlineData("http://user:password@host/000000000000/q")]
    [InlineData("http://host/")]
    [InlineData("http://host/000000000000/q?password")]
    [InlineData("http://host/000000000000/q#password")]
    [InlineData("http://host/%2%41/q")]
    [InlineData("http://127.0\u202E.0.1:4566/000000000000/q")]
    public void Anything_else_is_refused_and_not_quoted(string queue)
    {
        var e = Assert.Throws<LoginEtlException>(() => QueueAddress.Parse(queue));

        Assert.Equal("InvalidQueueSetting", e.Id);
        Assert.DoesNotContain("password", e.Message, StringComparison.Ordinal);
    }
}
