using System.Diagnostics;
using LoginEtl.Bench.Endpoint;
using LoginEtl.Bench.Queues;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>What the queue bench starts does its work and ends.</summary>
public sealed class QueueBenchTests
{
    private const int Messages = 20_000;

    // In this build, which is not optimised, on two processors, 2026-12-01; a third less is a fall.
    private const double Speed = 0.14;
    private const double Fall = 2.0 / 3;
    private const int Tries = 4;

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

    [Fact]
    public async Task Client_is_no_third_slower_beside_raw_sockets_than_it_was()
    {
        using var child = await EndpointProcess.StartAsync(latency: 0);
        async Task<double> SecondsAsync(string queue, Func<Task<long>> empty)
        {
            await child.FillAsync(queue, Messages);
            var started = Stopwatch.GetTimestamp();
            Assert.Equal(Messages, await empty());
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            await child.DropAsync(queue);
            return seconds;
        }

        var best = 0.0;
        for (var tries = 0; tries < Tries && best < Speed; tries++)
        {
            var raw = await SecondsAsync("raw", () => RawLoop.EmptyAsync(child.Url, "raw", Messages));
            best = Math.Max(best, raw / await SecondsAsync("client", () => ClientLoop.EmptyAsync(child.Url, "client", Messages, receivers: null)));
        }

        Assert.True(best >= Speed * Fall, $"{best:0.000} of raw sockets, where it was {Speed:0.000}.");
    }
}
