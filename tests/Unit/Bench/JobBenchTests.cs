using LoginEtl.Bench.Endpoint;
using LoginEtl.Bench.Jobs;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>What the bench of the whole job starts does its work, and one that does not is no figure.</summary>
public sealed class JobBenchTests(ServersFixture servers)
{
    [Fact]
    public async Task Worker_does_the_job_of_the_bench_and_what_does_not_is_no_figure()
    {
        using var keys = new TestKeys();
        using var endpoint = await EndpointProcess.StartAsync(latency: 0);
        var bench = new JobBench(new JobGround(endpoint, PostgresServer.Existing(servers.Postgres.ConnectionString), keys.Folder));
        Assert.InRange(await bench.RunAsync(JobContender.Worker("LoginEtl", 500, JobContender.ThisWorker)), 1, 1_000_000);
        var idle = new JobContender("idle", 500, (_, _, _, _) => new("dotnet", ["--version"]) { RedirectStandardOutput = true });
        Assert.Contains("500 messages are left", (await Assert.ThrowsAsync<InvalidOperationException>(() => bench.RunAsync(idle))).Message, StringComparison.Ordinal);
    }
}
