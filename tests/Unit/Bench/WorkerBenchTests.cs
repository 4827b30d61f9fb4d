using LoginEtl.Bench.Endpoint;
using LoginEtl.Bench.Jobs;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>What measures the worker's start, its memory and several of it: each does its work, and what does not is no figure.</summary>
public sealed class WorkerBenchTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestKeys _keys = new();
    private EndpointProcess? _endpoint;

    private JobGround Ground => new(_endpoint!, PostgresServer.Existing(servers.Postgres.ConnectionString), _keys.Folder);

    private static JobContender Idle => new("idle", 10, (_, _, _, _) => new("dotnet", ["--version"]) { RedirectStandardOutput = true });

    public async ValueTask InitializeAsync() => _endpoint = await EndpointProcess.StartAsync(latency: 0);

    public ValueTask DisposeAsync()
    {
        _endpoint?.Dispose();
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Start_is_measured_until_something_is_received()
    {
        var bench = new StartBench(Ground);
        Assert.InRange(await bench.RunAsync(JobContender.Worker("worker", 10, JobContender.ThisWorker)), 0.05, 60);
        Assert.Contains("received nothing", (await Assert.ThrowsAsync<InvalidOperationException>(() => bench.RunAsync(Idle))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_is_a_worker_s_own() =>
        Assert.InRange(await new MemoryBench(Ground).RunAsync(200, JobContender.ThisWorker), 30, 1_000);

    [Fact]
    public async Task Two_workers_empty_a_queue() =>
        Assert.InRange(await new WorkersBench(Ground, 500).RunAsync(2), 1, 1_000_000);
}
