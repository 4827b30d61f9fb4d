using LoginEtl.Bench;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What bad rows cost a batch, as <c>bench/</c> measures it; wants a machine that does nothing else.</summary>
public sealed class BadRowCostTests
{
    private const int Size = 5_000;
    private const int Rounds = 15;

    [LongRun]
    public async Task Batch_of_which_a_fifth_is_bad_takes_at_most_three_times_a_clean_one()
    {
        // The tests' own server logs every statement with its parameters, which are all values of a batch with bad rows.
        await using var server = await PostgresServer.StartAsync(TestPostgres.Options, TestDatabase.Token);
        var bench = new BadRowsBench(server, Size, Rounds);
        var over = new List<string>();
        foreach (var kind in BadRowKind.All)
        {
            var cost = await bench.RunAsync(kind);
            Console.WriteLine(cost);
            if (!cost.IsWithin)
            {
                over.Add(cost.ToString());
            }
        }

        Assert.Empty(over);
    }
}
