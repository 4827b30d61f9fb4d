using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Rows that are held instead of quarantined stop a run like quarantined ones: they were refused all the same.</summary>
public sealed class HeldRejectTests(ServersFixture servers)
{
    private const string NotBad = "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')";

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public async Task Batch_whose_rows_all_fail_alike_stops_the_run_in_one_group_and_in_many(int groups)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        await using var sink = await SinkAsync(database);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([.. Enumerable.Range(0, 12).Select(i => Of(i, groups))], TestDatabase.Token));
        Assert.Equal(("EveryRowRefused", FaultKind.Failed), (fault.Id, fault.Kind));
        Assert.Contains("12 rows", fault.Message, StringComparison.Ordinal);
        Assert.Contains("constraint never", fault.Message, StringComparison.Ordinal);
        await NothingAsync(database);
    }

    [Fact]
    public async Task Batch_whose_records_cannot_be_encoded_alike_stops_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await SinkAsync(database);
        ProtectedLogin[] batch = [.. Enumerable.Range(0, 10).Select(i => Of(i, 10, version: "x.y")), Logins.Reject(At("a", 1))];
        Assert.Equal("EveryRowRefused", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token))).Id);
        await NothingAsync(database);
    }

    [Fact]
    public async Task Rows_that_wait_behind_a_bad_one_or_fail_otherwise_are_not_alike()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database);
        var behind = await sink.WriteAsync([Of(0, 1, version: "x.y"), .. Enumerable.Range(1, 11).Select(i => Of(i, 1))], TestDatabase.Token);
        Assert.All(behind.Outcomes, o => Assert.Equal(Outcome.Returned, o));
        var otherwise = await sink.WriteAsync([.. Enumerable.Range(0, 12).Select(i => Of(i, 12, user: $"bad{i}", version: i % 4 == 0 ? "x.y" : "1.0"))], TestDatabase.Token);
        Assert.All(otherwise.Outcomes, o => Assert.Equal(Outcome.Returned, o));
        Assert.Equal(12, otherwise.Held.Count);
        await NothingAsync(database);
    }

    [Fact]
    public async Task Share_of_rejects_counts_rows_that_were_held_because_they_were_refused()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database, most: 0.1);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(
            [.. Enumerable.Range(0, 30).Select(i => Of(i, 30, user: i < 2 ? $"bad{i}" : null, version: i is 2 or 3 ? "x.y" : "1.0"))], TestDatabase.Token));
        Assert.Equal("TooManyRejects", fault.Id);
        Assert.Contains("4 of 30", fault.Message, StringComparison.Ordinal);
        await NothingAsync(database);
    }

    [Fact]
    public async Task Share_of_rejects_is_looked_at_where_all_of_a_batch_is_held()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await SinkAsync(database, most: 0);
        Assert.Equal("TooManyRejects", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Reject(At("a", 1))], TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task Message_that_comes_again_and_those_held_behind_it_do_not_count_again()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database, most: 0.1);
        await sink.WriteAsync([.. Enumerable.Range(0, 18).Select(i => Of(i, 18))], TestDatabase.Token);
        var bad = Guid.NewGuid();
        for (var time = 1; time <= 5; time++)
        {
            ProtectedLogin[] group = [Logins.Record(At("held", 1, bad), "bad"), .. Enumerable.Range(2, 9).Select(i => Logins.Record(At("held", i)))];
            Assert.All((await sink.WriteAsync(group, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Returned, o));
        }

        // Two of twenty is the share that may be.
        await sink.WriteAsync([Logins.Reject(At("other", 1))], TestDatabase.Token);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([Logins.Reject(At("third", 1))], TestDatabase.Token));
        Assert.Contains("3 of 21", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_messages_that_are_held_and_come_again_together_do_not_stop_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database);
        ProtectedLogin[] bad = [.. Enumerable.Range(0, 12).Select(i => Of(i, 12, user: $"bad{i}"))];
        await sink.WriteAsync([.. bad, Of(12, 13)], TestDatabase.Token);
        Assert.All((await sink.WriteAsync(bad, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Returned, o));

        // With ten that it has not met, it is the table.
        ProtectedLogin[] more = [.. bad, .. Enumerable.Range(20, 10).Select(i => Of(i, 40, user: $"bad{i}"))];
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(more, TestDatabase.Token));
        Assert.Equal("EveryRowRefused", fault.Id);
        Assert.Contains("10 rows", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Bad_rows_beside_good_ones_that_wait_behind_others_do_not_stop_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database);
        // The table takes what stands behind them, before it is known that it has to wait.
        var result = await sink.WriteAsync(
            [.. Enumerable.Range(0, 12).SelectMany(i => new[] { Logins.Record(At($"g{i}", 1), $"bad{i}"), Logins.Record(At($"g{i}", 2)) })], TestDatabase.Token);
        Assert.All(result.Outcomes, o => Assert.Equal(Outcome.Returned, o));
        await NothingAsync(database);
    }

    [Fact]
    public async Task Groups_whose_first_messages_all_fail_alike_are_held_where_all_may_be_rejected()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(NotBad);
        await using var sink = await SinkAsync(database, most: 1);
        var result = await sink.WriteAsync([.. Enumerable.Range(0, 12).Select(i => Of(i, 12, user: $"bad{i}"))], TestDatabase.Token);
        Assert.All(result.Outcomes, o => Assert.Equal(Outcome.Returned, o));
        Assert.Equal(12, result.Held.Count);
        await NothingAsync(database);
    }

    private static Task<LoginEtl.Run.IRecordSink> SinkAsync(TestDatabase database, double? most = null) =>
        database.SinkAsync(new SinkOptions { OnBadInGroup = BadInGroupAction.HoldGroup, MaxRejectRatio = most });

    private static LoginRecord Of(int i, int groups, string? user = null, string version = "1.0") =>
        Logins.Record(At($"g{i % groups}", i + 1), user, version);

    private static QueueDelivery At(string group, int place, Guid? id = null) => Logins.Delivery(id, group: new FifoPosition(group, $"{place}"));

    private static async Task NothingAsync(TestDatabase database)
    {
        foreach (var table in new[] { "user_logins", "login_etl_ledger", "login_etl_quarantine" })
        {
            Assert.Equal((table, 0), (table, await database.CountAsync(table)));
        }
    }
}
