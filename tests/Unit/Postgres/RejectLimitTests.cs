using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Too many rejects stop a run.</summary>
public sealed class RejectLimitTests(ServersFixture servers)
{
    private const string Checked =
        LoginTable.Create + "ALTER TABLE user_logins ADD CHECK (user_id NOT LIKE 'bad%')";

    [Fact]
    public async Task Batch_that_passes_the_share_writes_and_quarantines_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers, Checked);
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 0.1 });
        await sink.WriteAsync(Batch(good: 90, bad: 10), TestDatabase.Token);
        ProtectedLogin[] batch = [.. Batch(good: 8, bad: 1), Logins.Reject()];
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token));
        Assert.Equal(("TooManyRejects", FaultKind.Failed), (fault.Id, fault.Kind));
        Assert.Contains("12 of 110", fault.Message, StringComparison.Ordinal);
        Assert.Equal((90L, 10L, 100L), (await database.CountAsync(), await database.CountAsync("login_etl_quarantine"), await database.CountAsync("login_etl_ledger")));
        Assert.Equal(11, (await sink.WriteAsync([.. Batch(good: 10, bad: 1)], TestDatabase.Token)).Outcomes.Count);
    }

    [Fact]
    public async Task First_messages_of_a_run_stop_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 0.5 });
        await sink.WriteAsync([.. Enumerable.Range(0, 10).Select(_ => Logins.Reject())], TestDatabase.Token);
        await sink.WriteAsync(Logins.Records(9), TestDatabase.Token);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Reject()], TestDatabase.Token));
        Assert.Contains("11 of 20", fault.Message, StringComparison.Ordinal);
        Assert.Equal(10, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Share_of_zero_stops_at_the_first_reject()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 0 });
        await sink.WriteAsync(Logins.Records(2), TestDatabase.Token);
        await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Reject()], TestDatabase.Token));
    }

    [Fact]
    public async Task Rejects_that_were_settled_before_do_not_count_again()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        ProtectedLogin[] rejects = [.. Enumerable.Range(0, 30).Select(_ => Logins.Reject())];
        await using (var before = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 1 }))
        {
            await before.WriteAsync(rejects, TestDatabase.Token);
        }

        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 0.1 });
        Assert.All((await sink.WriteAsync(rejects, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
        await sink.WriteAsync([.. rejects, .. Logins.Records(20)], TestDatabase.Token);
        Assert.Equal(20, await database.CountAsync());
    }

    [Fact]
    public async Task Commit_whose_answer_was_lost_counts()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var proxy = new PostgresProxy(database.ConnectionString, CommitCut.Arrives, cuts: 1);
        await using var sink = await database.SinkAsync(
            new SinkOptions { MaxRejectRatio = 0.4 }, settings: database.Settings() with { Database = new SecretText(proxy.ConnectionString) });
        await sink.WriteAsync([.. Logins.Records(12), .. Enumerable.Range(0, 8).Select(_ => Logins.Reject())], TestDatabase.Token);
        Assert.Equal(1, proxy.Cuts);
        Assert.Equal("TooManyRejects", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Reject()], TestDatabase.Token))).Id);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public async Task Share_that_is_none_is_refused(double share)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        Assert.Equal("SettingInvalid", (await Assert.ThrowsAsync<LoginEtlException>(
            () => database.SinkAsync(new SinkOptions { MaxRejectRatio = share }))).Id);
    }

    private static ProtectedLogin[] Batch(int good, int bad) => [.. Logins.Records(good), .. Logins.Records(bad, i => $"bad{i}")];
}
