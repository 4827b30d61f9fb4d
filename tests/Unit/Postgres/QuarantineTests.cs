using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What is in quarantine can be seen without its content, and become a row, once.</summary>
public sealed class QuarantineTests(ServersFixture servers) : IDisposable
{
    private const string Body = """{"user_id":"u1","app_version":"2.3.0","ip":null,"device_id":"593-47-5928","locale":"RU","device_type":"android"}""";

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Entries_are_listed_by_reason_time_and_number_without_what_they_hold()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [.. Enumerable.Range(0, 40).Select(_ => Logins.Reject()), Logins.Record(version: "x.y"), Logins.Reject(Logins.Line(Guid.NewGuid(), 7))]);
        await using var quarantine = await OpenAsync(database);
        Assert.Equal("public.login_etl_quarantine", quarantine.Name);
        var all = await ListAsync(quarantine);
        Assert.Equal(42, all.Count);
        Assert.Equal(all.OrderBy(e => e.Id), all);
        var line = Assert.Single(all, e => e.Source is not null);
        Assert.Equal(("missing_field", "logins.ndjson:7", true, null), (line.Reason, line.Source, line.IsSealed, line.SentTimestamp));
        Assert.Equal(41, all.Count(e => e.SentTimestamp is not null));
        var record = Assert.Single(await ListAsync(quarantine, new QuarantineFilter { Reason = "invalid_version" }));
        Assert.Equal(("app_version", false), (record.Field, record.IsSealed));
        Assert.Equal(35, (await ListAsync(quarantine, new QuarantineFilter { Max = 35 })).Count);
        Assert.Empty(await ListAsync(quarantine, new QuarantineFilter { Since = DateTimeOffset.UtcNow.AddHours(1) }));
        Assert.Equal(42, (await ListAsync(quarantine, new QuarantineFilter { Since = DateTimeOffset.UtcNow.AddHours(-1) })).Count);
        Assert.DoesNotContain(typeof(QuarantineEntry).GetProperties(), p => p.PropertyType == typeof(byte[]) || p.Name is "Record" or "SealedBody");
    }

    [Fact]
    public async Task Entry_with_a_time_that_NET_has_not_hides_no_other()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [Logins.Reject()]);
        await database.RunAsync(
            """
            INSERT INTO login_etl_quarantine (key, message_id, reason, receive_count, sent_at, created_at, dismissed_at, batch)
            SELECT gen_random_uuid(), 'm', 'missing_field', 1, t, t, t, gen_random_uuid() FROM unnest(ARRAY['infinity', '-infinity', '4000-01-01 BC', '200000-01-01']::timestamptz[]) t
            """);
        await using var quarantine = await OpenAsync(database);
        Assert.Equal(5, (await ListAsync(quarantine, new QuarantineFilter { IncludeSettled = true })).Count);
    }

    [Fact]
    public async Task Sealed_body_that_can_be_read_now_becomes_a_row_once()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var delivery = Logins.Delivery();
        using var strict = _keys.Protector();
        var reject = strict.Protect(LoginDecoder.Decode(delivery, Encoding.UTF8.GetBytes(Body)));
        await WriteAsync(database, [reject]);

        using var tolerant = _keys.Protector(new ProtectOptions { AllowNullPii = true });
        using var replay = new QuarantineReplay(tolerant, _keys.PrivatePath);
        await using var quarantine = await OpenAsync(database);
        var entry = Assert.Single(await ListAsync(quarantine));
        Assert.True(replay.TryReplay(entry, out var record, out _));
        for (var time = 0; time < 2; time++)
        {
            var result = Assert.Single(await quarantine.RestoreAsync([new RestoreRequest(entry, record)], TestDatabase.Token));
            Assert.Equal(time == 0 ? RestoreOutcome.Restored : RestoreOutcome.AlreadyRestored, result.Outcome);
            Assert.Equal(1, await database.CountAsync("user_logins WHERE user_id = 'u1' AND masked_ip IS NULL AND masked_device_id LIKE 'siv1.%' AND app_version = 2003000"));
            Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 3"));
        }

        Assert.Empty(await ListAsync(quarantine));
        Assert.NotNull(Assert.Single(await ListAsync(quarantine, new QuarantineFilter { IncludeSettled = true })).RestoredAt);

        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Duplicate], (await sink.WriteAsync([reject], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Record_that_the_database_takes_now_becomes_a_row_with_its_own_tokens_and_day()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT known CHECK (locale = 'RU')");
        ProtectedLogin[] batch =
        [
            Logins.Record(Logins.Delivery(sent: DateTimeOffset.UtcNow.AddDays(-3)), "u1", locale: "DE"),
            Logins.Record(user: "u2", locale: "FR"), Logins.Record(Logins.Line(Guid.NewGuid()), "u3", locale: "DE"),
        ];
        await WriteAsync(database, batch);
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT known, ADD CONSTRAINT known CHECK (locale IN ('RU', 'DE'))");

        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, privateKey: null);
        await using var quarantine = await OpenAsync(database);
        var requests = (await ListAsync(quarantine)).Select(e => replay.TryReplay(e, out var record, out _) ? new RestoreRequest(e, record) : throw new InvalidOperationException()).ToList();
        // Entries come in the order of their keys, and a line's is random.
        requests.Add(requests.Single(r => r.Record.UserId == "u1"));
        var results = await quarantine.RestoreAsync(requests, TestDatabase.Token);
        Assert.Equal(
            [("u1", RestoreOutcome.Restored), ("u2", RestoreOutcome.Refused), ("u3", RestoreOutcome.Restored), ("u1", RestoreOutcome.AlreadyRestored)],
            results.Zip(requests, (r, q) => (q.Record.UserId, r.Outcome)).OrderBy(r => r.Outcome == RestoreOutcome.AlreadyRestored).ThenBy(r => r.UserId));
        var refused = results.Single(r => r.Outcome == RestoreOutcome.Refused);
        Assert.Equal((RejectReason.RefusedByDatabase.Code(), "23514", "known"), (refused.Reason, refused.SqlState, refused.Constraint));
        Assert.Equal(1, await database.CountAsync("user_logins WHERE user_id = 'u1' AND create_date = (now() AT TIME ZONE 'UTC')::date - 3 AND length(masked_ip) = 55"));
        Assert.Equal(2, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 3"));
        Assert.Equal(1, await database.CountAsync("login_etl_file_ledger WHERE outcome = 3"));

        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Duplicate, Outcome.Quarantined, Outcome.Duplicate], (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes);
    }

    [Fact]
    public async Task Two_who_restore_the_same_entries_make_one_row_each()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (locale = 'XX') NOT VALID");
        await WriteAsync(database, Logins.Records(9));
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT never");
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        await using var quarantine = await OpenAsync(database);
        var requests = (await ListAsync(quarantine)).Select(e => new RestoreRequest(e, replay.TryReplay(e, out var r, out _) ? r : null!)).ToList();
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(
            () => quarantine.RestoreAsync(i % 2 == 0 ? requests : [.. Enumerable.Reverse(requests)], TestDatabase.Token))));
        Assert.Equal(9, runs.Sum(r => r.Count(x => x.Outcome == RestoreOutcome.Restored)));
        Assert.Equal(9, await database.CountAsync());
    }

    [Theory]
    [InlineData(CommitCut.Lost)]
    [InlineData(CommitCut.Arrives)]
    public async Task Lost_answer_to_commit_restores_once_and_says_so(CommitCut cut)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [Logins.Record(version: "x"), Logins.Record(version: "y")]);
        await using var proxy = new PostgresProxy(database.ConnectionString, cut, cuts: 1);
        await using var quarantine = await OpenAsync(database, settings: database.Settings() with { Database = new SecretText(proxy.ConnectionString) });
        var requests = (await ListAsync(quarantine)).Select(e => Mended(e)).ToList();
        Assert.All(await quarantine.RestoreAsync(requests, TestDatabase.Token), r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(1, proxy.Cuts);
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Entry_that_is_gone_or_still_unfit_leaves_the_others_alone()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [Logins.Record(version: "a"), Logins.Record(version: "b"), Logins.Record(version: "c")]);
        await using var quarantine = await OpenAsync(database);
        var requests = (await ListAsync(quarantine)).Select(e => Mended(e)).ToList();
        await database.RunAsync($"DELETE FROM login_etl_quarantine WHERE id = {requests[0].Entry.Id}");
        requests[1].Record.AppVersion = "still.not";
        var results = await quarantine.RestoreAsync(requests, TestDatabase.Token);
        Assert.Equal([RestoreOutcome.Missing, RestoreOutcome.Refused, RestoreOutcome.Restored], results.Select(r => r.Outcome));
        Assert.Equal((RejectReason.InvalidVersion.Code(), "app_version"), (results[1].Reason, results[1].Field));
        await Assert.ThrowsAsync<ArgumentException>(() => quarantine.RestoreAsync([requests[0] with { Record = requests[1].Record }], TestDatabase.Token));
    }

    [Fact]
    public async Task Dry_run_restores_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [Logins.Record(version: "a")]);
        await using var quarantine = await OpenAsync(database, new SinkOptions { DryRun = true });
        var result = Assert.Single(await quarantine.RestoreAsync([Mended(Assert.Single(await ListAsync(quarantine)))], TestDatabase.Token));
        Assert.Equal(RestoreOutcome.Restored, result.Outcome);
        Assert.Equal(0, await database.CountAsync());
    }

    [Fact]
    public async Task Auditor_sees_and_restores()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await WriteAsync(database, [Logins.Record(version: "x"), Logins.Record(Logins.Line(Guid.NewGuid()), version: "x")]);
        await database.AsMemberAsync("login_etl_auditor", async settings =>
        {
            await using var quarantine = await OpenAsync(database, settings: settings);
            var requests = (await ListAsync(quarantine)).Select(e => Mended(e)).ToList();
            Assert.All(await quarantine.RestoreAsync(requests, TestDatabase.Token), r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        });
    }

    [Fact]
    public async Task Quarantine_that_is_not_there_or_older_is_said_to_be()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE login_etl_quarantine DROP restored_at");
        Assert.Equal("LedgerUnsuitable", (await Assert.ThrowsAsync<LoginEtlException>(() => OpenAsync(database))).Id);
        await database.RunAsync("DROP TABLE login_etl_quarantine");
        Assert.Equal("LedgerNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => OpenAsync(database))).Id);
    }

    [Fact]
    public async Task Record_out_of_quarantine_is_restored_and_never_written_as_new()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [Logins.Record(version: "x")]);
        await using var quarantine = await OpenAsync(database);
        await using var sink = await database.SinkAsync();
        var record = Mended(Assert.Single(await ListAsync(quarantine))).Record;
        Assert.Equal("RestoreNeeded", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync([record], TestDatabase.Token))).Id);
    }

    private RestoreRequest Mended(QuarantineEntry entry)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        Assert.True(replay.TryReplay(entry, out var record, out _));
        record.AppVersion = "1.0";
        return new RestoreRequest(entry, record);
    }

    private static async Task WriteAsync(TestDatabase database, ProtectedLogin[] batch)
    {
        await using var sink = await database.SinkAsync();
        var result = await sink.WriteAsync(batch, TestDatabase.Token);
        Assert.All(result.Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    private static Task<IQuarantine> OpenAsync(TestDatabase database, SinkOptions? options = null, DatabaseSettings? settings = null) =>
        new PostgresConnector().OpenQuarantineAsync(settings ?? database.Settings(), options ?? new SinkOptions(), TestDatabase.Token);

    private static async Task<List<QuarantineEntry>> ListAsync(IQuarantine quarantine, QuarantineFilter? filter = null)
    {
        var entries = new List<QuarantineEntry>();
        await foreach (var entry in quarantine.ListAsync(filter ?? new QuarantineFilter(), TestDatabase.Token))
        {
            entries.Add(entry);
        }

        return entries;
    }
}
