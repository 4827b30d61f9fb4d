using LoginEtl.Connections;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Running;
using LoginEtl.Settlement;
using LoginEtl.Sqs;
using LoginEtl.Unit.Core.Recovery;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Sqs;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A key that is retired while a run masks with it: its messages come again under the new one, or the run ends and says so.</summary>
public sealed class KeyRenewalTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Run_returns_what_it_masked_under_a_retired_key_reads_the_keys_again_and_writes_everything_once()
    {
        var (database, _, receipt, read) = await RunAsync(60, retired => _keys.Promote());
        Assert.Equal((RunState.Completed, 0, 60L, true), (receipt.Outcome, receipt.ExitCode, receipt.Written, receipt.Balanced));
        Assert.True(receipt.Returned > 0);
        Assert.Equal(60 + receipt.Returned, receipt.Received);
        Assert.Equal(2, read);
        Assert.Equal(60, await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.Equal(60, await database.CountAsync());
        var old = await RotatingLogins.CountOldAsync(database, _keys);
        Assert.InRange(old, 1, 59);
        Assert.Equal(60 - old, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Run_whose_keys_are_still_the_retired_ones_ends_and_says_so_and_everything_is_in_the_queue()
    {
        var (database, queue, receipt, read) = await RunAsync(60, retired => { });
        Assert.Equal((RunState.Failed, 1, true), (receipt.Outcome, receipt.ExitCode, receipt.Balanced));
        Assert.Contains("retired", receipt.Error, StringComparison.Ordinal);
        Assert.Contains(_keys.OldPrefix("ip"), receipt.Error, StringComparison.Ordinal);
        Assert.Equal(2, read);
        Assert.Equal(receipt.Written, await database.CountAsync());
        Assert.Equal(receipt.Received, receipt.Written + receipt.Returned);
        Assert.InRange(receipt.Written, 1, 59);
        Assert.Equal((60 - receipt.Written, 0), await queue.CountsAsync());
    }

    /// <summary>Retires the old keys after the first batch; <paramref name="then"/> is what becomes of the key files.</summary>
    private async Task<(TestDatabase Database, TestQueue Queue, Receipt Receipt, int Read)> RunAsync(int messages, Action<int> then)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var queue = await TestQueue.CreateAsync(servers);
        for (var i = 0; i < messages; i++)
        {
            await queue.SendAsync($$"""{"user_id":"u{{i}}","app_version":"1.2.3","device_type":"ios","ip":"10.0.0.{{i}}","locale":"DE","device_id":"device-{{i}}"}""");
        }

        var read = 0;
        using var protectors = new ProtectorSource(() =>
        {
            read++;
            return _keys.Open();
        });
        var batches = 0;
        await using var sink = await database.SinkAsync();
        var source = await new SqsConnector().ReceiveFromAsync(
            queue.Settings, new ReceiveOptions { DrainWindow = TimeSpan.FromMilliseconds(300) }, TestDatabase.Token);
        var receipt = await EtlRun.RunAsync(
            source, protectors, sink, new BatchOptions { BatchSize = 10 },
            _ =>
            {
                if (++batches == 1)
                {
                    then(batches);
                    RotatingLogins.RetireAsync(database, _keys).GetAwaiter().GetResult();
                }
            },
            TestDatabase.Token);
        return (database, queue, receipt, read);
    }
}
