using LoginEtl.Bench.Endpoint;
using LoginEtl.Bench.Queues;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>What the queue bench starts does its work and ends.</summary>
public sealed class QueueBenchTests
{
    [Fact]
    public async Task Endpoint_process_is_emptied_by_both_contenders_and_ends_with_its_parent()
    {
        using var child = await EndpointProcess.StartAsync(latency: 0);
        await child.FillAsync("client", 1_000);
        Assert.Equal(1_000, await ClientLoop.EmptyAsync(child.Url, "client", 1_000, receivers: null));
        Assert.Equal(0, await child.DropAsync("client"));
        await child.FillAsync("raw", 1_000);
        Assert.Equal(1_000, await RawLoop.EmptyAsync(child.Url, "raw", 1_000));
        Assert.Equal(0, await child.DropAsync("raw"));
        Assert.True(child.EndInput());
    }
}
