using LoginEtl.Bench.Writes;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Bench;

/// <summary>The short form of the write bench: what is measured is what was written, and it has not become much slower.</summary>
public sealed class WriteBenchTests(ServersFixture servers)
{
    // In this build, which is not optimised, on two processors, 2026-12-01; a third less is a fall.
    private const double Speed = 0.6;
    private const double Fall = 2.0 / 3;
    private const int Tries = 3;

    [Fact]
    public async Task Write_is_no_third_slower_beside_a_copy_of_ready_bytes_than_it_was()
    {
        var bench = new WriteBench(PostgresServer.Existing(servers.Postgres.ConnectionString), batches: 4, size: 2_500);
        await bench.RoundAsync(0);
        var best = 0.0;
        for (var tries = 0; tries < Tries && best < Speed; tries++)
        {
            best = Math.Max(best, (await bench.RoundAsync(tries)).Speed);
        }

        Assert.True(best >= Speed * Fall, $"{best:0.00} of a copy of ready bytes, where it was {Speed:0.00}.");
    }
}
