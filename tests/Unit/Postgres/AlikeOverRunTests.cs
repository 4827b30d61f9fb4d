using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A table that refuses all, and a queue of something else, stop a run however small its batches are.</summary>
public sealed class AlikeOverRunTests(ServersFixture servers)
{
    private const string RefusesBad = LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id NOT LIKE 'bad%')";

    [Fact]
    public async Task Ten_rows_one_by_one_that_are_refused_alike_stop_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD CONSTRAINT never CHECK (false)");
        await using var sink = await database.SinkAsync();
        await QuarantinedAsync(sink, 9, () => Logins.Record());
        var fault = await StopsAsync(sink, Logins.Record());
        Assert.Equal(("EveryRowRefused", FaultKind.Failed), (fault.Id, fault.Kind));
        Assert.Contains("10 rows", fault.Message, StringComparison.Ordinal);
        Assert.Contains("constraint never", fault.Message, StringComparison.Ordinal);
        Assert.Equal((9L, 9L), (await database.CountAsync("login_etl_quarantine"), await database.CountAsync("login_etl_ledger")));
    }

    [Fact]
    public async Task Row_that_is_written_between_shows_that_the_table_is_whole()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        for (var time = 0; time < 3; time++)
        {
            await QuarantinedAsync(sink, 9, () => Logins.Record(user: "bad"));
            await sink.WriteAsync([Logins.Record(user: "good"), Logins.Record(user: "bad")], TestDatabase.Token);
        }

        Assert.Equal(3, await database.CountAsync());
    }

    [Fact]
    public async Task Rows_that_are_refused_otherwise_are_not_alike()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        for (var time = 0; time < 6; time++)
        {
            await QuarantinedAsync(sink, 4, () => Logins.Record(user: "bad"));
            await QuarantinedAsync(sink, 4, () => Logins.Record(version: "x.y"));
        }
    }

    [Fact]
    public async Task Rejected_bodies_and_duplicates_between_are_no_sign_of_a_table_that_is_whole()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        var written = Logins.Record(user: "good");
        await sink.WriteAsync([written], TestDatabase.Token);
        for (var time = 0; time < 9; time++)
        {
            await QuarantinedAsync(sink, 1, () => Logins.Record(user: "bad"));
            await QuarantinedAsync(sink, 1, () => Logins.Reject());
            Assert.Equal([Outcome.Duplicate], (await sink.WriteAsync([written], TestDatabase.Token)).Outcomes);
        }

        Assert.Equal("EveryRowRefused", (await StopsAsync(sink, Logins.Record(user: "bad"))).Id);
    }

    [Fact]
    public async Task Row_that_comes_again_from_quarantine_counts_once()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        var bad = Logins.Record(user: "bad");
        await QuarantinedAsync(sink, 30, () => bad);
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Row_that_is_held_with_its_group_and_comes_again_counts_once()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync(new SinkOptions { OnBadInGroup = BadInGroupAction.HoldGroup });
        var bad = Logins.Record(Logins.Delivery(group: new FifoPosition("g", "1")), "bad");
        for (var time = 0; time < 30; time++)
        {
            Assert.Equal([Outcome.Returned], (await sink.WriteAsync([bad], TestDatabase.Token)).Outcomes);
        }
    }

    [Fact]
    public async Task Rows_that_are_held_one_by_one_because_they_are_refused_alike_stop_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync(new SinkOptions { OnBadInGroup = BadInGroupAction.HoldGroup });
        for (var group = 0; group < 9; group++)
        {
            await sink.WriteAsync([Logins.Record(Logins.Delivery(group: new FifoPosition($"g{group}", "1")), "bad")], TestDatabase.Token);
        }

        Assert.Equal("EveryRowRefused", (await StopsAsync(sink, Logins.Record(Logins.Delivery(group: new FifoPosition("last", "1")), "bad"))).Id);
    }

    [Fact]
    public async Task Rows_whose_own_key_is_there_are_a_producer_that_sends_again_and_no_broken_table()
    {
        var database = await TestDatabase.InitializedAsync(servers, LoginTable.Create + "ALTER TABLE user_logins ADD UNIQUE (user_id); INSERT INTO user_logins (user_id) VALUES ('known')");
        await using var sink = await database.SinkAsync();
        await QuarantinedAsync(sink, 30, () => Logins.Record(user: "known"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    public async Task Twenty_bodies_that_do_not_decode_in_one_way_stop_the_run(int batch)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        var quarantined = 0;
        for (; quarantined + batch < 20; quarantined += batch)
        {
            await sink.WriteAsync(Rejects(batch), TestDatabase.Token);
        }

        var fault = await StopsAsync(sink, Rejects(batch));
        Assert.Equal(("EveryBodyRejected", FaultKind.Failed), (fault.Id, fault.Kind));
        Assert.Contains("missing_field (user_id)", fault.Message, StringComparison.Ordinal);
        Assert.Equal(quarantined, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Body_that_decodes_between_shows_that_the_queue_is_the_right_one()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        for (var time = 0; time < 3; time++)
        {
            await sink.WriteAsync(Rejects(19), TestDatabase.Token);
            // Written or refused: it was a login.
            await sink.WriteAsync([Logins.Record(user: time == 1 ? "bad" : "good"), .. Rejects(40)], TestDatabase.Token);
        }
    }

    [Fact]
    public async Task Bodies_that_do_not_decode_in_different_ways_stop_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using var sink = await database.SinkAsync();
        await sink.WriteAsync(
            [.. Enumerable.Range(0, 60).Select(i => Reject(i % 3 == 0 ? new Rejection(RejectReason.InvalidJson) : new Rejection(RejectReason.MissingField, LoginFields.UserId)))],
            TestDatabase.Token);
    }

    [Fact]
    public async Task Where_all_may_be_rejected_nothing_alike_stops_the_run()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync(new SinkOptions { MaxRejectRatio = 1 });
        await QuarantinedAsync(sink, 12, () => Logins.Record(user: "bad"));
        await sink.WriteAsync(Rejects(25), TestDatabase.Token);
        Assert.Equal(37, await database.CountAsync("login_etl_quarantine"));
    }

    [Fact]
    public async Task Refused_row_is_warned_of_with_what_refused_it()
    {
        var database = await TestDatabase.InitializedAsync(servers, RefusesBad);
        await using var sink = await database.SinkAsync();
        ProtectedLogin[] batch = [Logins.Record(user: "good"), Logins.Record(user: "bad"), Logins.Record(version: "x.y"), Logins.Reject()];
        var result = await sink.WriteAsync(batch, TestDatabase.Token);
        var report = new BatchReport(result.BatchId, batch, result.Outcomes, TimeSpan.Zero) { Refused = result.Refused };
        Assert.Equal(
            [
                $"Message {batch[3].MessageId} is rejected: missing_field (user_id).",
                $"Message {batch[1].MessageId} is rejected: refused_by_database, SQLSTATE 23514.",
                $"Message {batch[2].MessageId} is rejected: invalid_version (app_version).",
            ],
            BatchText.Warnings(report).Order(StringComparer.Ordinal).OrderBy(w => Array.FindIndex([3, 1, 2], i => w.Contains(batch[i].MessageId, StringComparison.Ordinal))));

        // Once: what comes again is in quarantine already.
        Assert.Empty((await sink.WriteAsync([batch[1]], TestDatabase.Token)).Refused);
    }

    [Fact]
    public async Task Warning_of_a_refused_row_quotes_no_value_that_a_trigger_gives_for_a_name()
    {
        const string canary = "canary-7f3a";
        var database = await TestDatabase.InitializedAsync(
            servers, LoginTable.Create + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'bad' USING COLUMN = NEW.user_id, CONSTRAINT = NEW.user_id; END$$; CREATE TRIGGER t BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()");
        await using var sink = await database.SinkAsync();
        var refused = Assert.Single((await sink.WriteAsync([Logins.Record(user: canary)], TestDatabase.Token)).Refused);
        Assert.Equal("refused_by_database, SQLSTATE P0001", refused.ToString());
    }

    private static async Task QuarantinedAsync(IRecordSink sink, int times, Func<ProtectedLogin> login)
    {
        for (var time = 0; time < times; time++)
        {
            Assert.Equal([Outcome.Quarantined], (await sink.WriteAsync([login()], TestDatabase.Token)).Outcomes);
        }
    }

    private static Task<LoginEtlException> StopsAsync(IRecordSink sink, params ProtectedLogin[] batch) =>
        Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(batch, TestDatabase.Token));

    private static ProtectedLogin[] Rejects(int count) => [.. Enumerable.Range(0, count).Select(_ => Logins.Reject())];

    private static SealedReject Reject(Rejection why) => new(Logins.Delivery(), why, new SealedBody([1, 2, 3]));
}
