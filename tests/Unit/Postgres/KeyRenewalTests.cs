using LoginEtl.Aws;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Aws;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A key that is retired while a run masks with it: it goes on with the new one, or ends and says so.</summary>
public sealed class KeyRenewalTests(ServersFixture servers) : IDisposable
{
    private readonly RotatingKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Run_that_holds_the_new_key_goes_on_with_it_and_reads_no_file()
    {
        _keys.Add();
        var (database, _, receipt, read) = await RunAsync(60);
        Assert.Equal((RunState.Completed, 0, 60L, 60L, true), (receipt.Outcome, receipt.ExitCode, receipt.Received, receipt.Written, receipt.Balanced));
        Assert.Equal(1, read);
        Assert.Equal(60, await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        var old = await RotatingLogins.CountOldAsync(database, _keys);
        Assert.InRange(old, 1, 59);
        Assert.Equal(60 - old, await RotatingLogins.CountNewAsync(database, _keys));
    }

    [Fact]
    public async Task Run_that_was_given_the_new_key_meanwhile_reads_its_keys_again_and_goes_on()
    {
        var (database, _, receipt, read) = await RunAsync(60, async database =>
        {
            _keys.Promote();
            await RotatingLogins.RetireAsync(database, _keys);
        });
        Assert.Equal((RunState.Completed, 0, 60L, 60L, true), (receipt.Outcome, receipt.ExitCode, receipt.Received, receipt.Written, receipt.Balanced));
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
        var (database, queue, receipt, read) = await RunAsync(60);
        Assert.Equal((RunState.Failed, 1, true), (receipt.Outcome, receipt.ExitCode, receipt.Balanced));
        Assert.Contains("retired", receipt.Error, StringComparison.Ordinal);
        Assert.Contains(_keys.OldPrefix("ip"), receipt.Error, StringComparison.Ordinal);
        Assert.Equal(2, read);
        Assert.Equal(receipt.Written, await database.CountAsync());
        Assert.Equal(receipt.Received, receipt.Written + receipt.Returned);
        Assert.InRange(receipt.Written, 1, 59);
        Assert.Equal((60 - receipt.Written, 0), await queue.CountsAsync());
    }

    [Fact]
    public async Task Messages_whose_mac_tokens_cannot_be_made_anew_come_again_under_the_new_key_and_are_written_once()
    {
        using var keys = new TestKeys();
        var old = KeyListing.Of(keys.Ring, "ip.mac")[0];
        var added = KeysetChange.Of(keys.Folder, "ip.mac", new KeyAccess()).Add();
        var (database, _, receipt, _) = await RunAsync(
            60,
            async database =>
            {
                await using var tokens = await database.TokensAsync();
                await tokens.SetAsync([StoredKey.Of(old, StoredKeyState.Retired), StoredKey.Of(added, StoredKeyState.Primary)], TestDatabase.Token);
            },
            () => Keyring.Open(keys.Folder), new ProtectOptions { Methods = MaskMethods.Parse("ip=mac") });
        Assert.Equal((RunState.Completed, 0, 60L, true), (receipt.Outcome, receipt.ExitCode, receipt.Written, receipt.Balanced));
        Assert.True(receipt.Returned > 0);
        Assert.Equal(60 + receipt.Returned, receipt.Received);
        Assert.Equal((60, 60), (await database.CountAsync(), await database.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins")));
        var then = await database.CountAsync($"user_logins WHERE masked_ip LIKE '{old.TokenPrefix}%'");
        Assert.InRange(then, 1, 59);
        Assert.Equal(60 - then, await database.CountAsync($"user_logins WHERE masked_ip LIKE '{added.TokenPrefix}%'"));
    }

    /// <summary>Changes the keys after the first batch: by default the old ones are retired in the database alone.</summary>
    private async Task<(TestDatabase Database, TestQueue Queue, Receipt Receipt, int Read)> RunAsync(
        int messages, Func<TestDatabase, Task>? change = null, Func<Keyring>? open = null, ProtectOptions? options = null)
    {
        change ??= d => RotatingLogins.RetireAsync(d, _keys);
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
            return open is null ? _keys.Open() : open();
        }, options);
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
                    change(database).GetAwaiter().GetResult();
                }
            },
            TestDatabase.Token);
        return (database, queue, receipt, read);
    }
}
