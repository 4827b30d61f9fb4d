using LoginEtl.Aws.Queues;
using LoginEtl.Decoding;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;
using Xunit;

namespace LoginEtl.Unit.Runs;

/// <summary>What a message of the quarantine counts as when it is delivered again, as docs/quarantine.md says it.</summary>
public sealed class RedeliveredRejectTests(ServersFixture servers) : IDisposable
{
    private readonly WholeRun _run = new();
    private readonly TestKeys _keys = new();

    public void Dispose()
    {
        _run.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task Message_in_quarantine_counts_as_quarantined_again_with_one_entry_and_as_a_duplicate_once_it_is_a_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        await queue.SendAsync("no JSON");
        await queue.SendAsync(WholeRun.Body("u1", version: "x.y"));
        await queue.SendAsync(WholeRun.Body("u2"));
        AssertCounts(await RunAsync(deletes: false), written: 1, duplicate: 0, quarantined: 2, exitCode: 2);

        // The run that told of them may have died before its receipt: this one tells of them as well.
        AssertCounts(await RunAsync(deletes: false), written: 0, duplicate: 1, quarantined: 2, exitCode: 2);
        Assert.Equal(2, await database.CountAsync("login_etl_quarantine"));

        await using (var quarantine = await new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token))
        {
            using var protector = _keys.Protector();
            using var replay = new QuarantineReplay(protector, null);
            foreach (var entry in await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token))
            {
                Assert.True(replay.TryMend(entry, LoginText.BodyOf(WholeRun.Body($"mended-{entry.Id}")), out var record, out _));
                await quarantine.RestoreAsync([new RestoreRequest(entry, record) { IsMaskedNow = true }], TestDatabase.Token);
            }
        }

        AssertCounts(await RunAsync(deletes: true), written: 0, duplicate: 3, quarantined: 0, exitCode: 0);
        Assert.Equal(3, await database.CountAsync());

        async Task<Receipt> RunAsync(bool deletes)
        {
            _run.Batches.Clear();
            await using var lossy = WholeRun.NoDeletes(servers);
            var receipt = deletes ? await _run.RunAsync(queue, database)
                : await _run.RunAsync(queue, database, server: lossy, timings: new SqsTimings { DeleteWithin = TimeSpan.FromMilliseconds(200) });
            if (!deletes)
            {
                await queue.MakeVisibleAsync(_run.Batches.SelectMany(b => b.Logins));
            }

            return receipt;
        }
    }

    private static void AssertCounts(Receipt receipt, long written, long duplicate, long quarantined, int exitCode)
    {
        Assert.Equal((written, duplicate, quarantined, exitCode), (receipt.Written, receipt.Duplicate, receipt.Quarantined, receipt.ExitCode));
        Assert.Equal((3, true), (receipt.Received, receipt.Balanced));
    }
}
