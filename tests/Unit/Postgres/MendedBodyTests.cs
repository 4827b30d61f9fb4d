using LoginEtl.Decoding;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What somebody has mended becomes the row of that very message, once.</summary>
public sealed class MendedBodyTests(ServersFixture servers) : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Mended_body_becomes_the_row_of_its_own_message_once_and_a_redelivery_is_a_duplicate()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        var sent = Sealed("no JSON", Logins.Delivery(sent: DateTimeOffset.UtcNow.AddDays(-3)));
        await WriteAsync(database, sent);
        await using var quarantine = await OpenAsync(database);
        var entry = Assert.Single(await ListAsync(quarantine));
        Assert.Equal(RestoreOutcome.Restored, (await MendAsync(quarantine, entry, WholeRun.Body("mended"))).Outcome);
        Assert.Equal(RestoreOutcome.AlreadyRestored, (await MendAsync(quarantine, entry, WholeRun.Body("twice"))).Outcome);
        Assert.Equal(1, await database.CountAsync("user_logins WHERE user_id = 'mended' AND create_date = (now() AT TIME ZONE 'UTC')::date - 3 AND masked_ip LIKE 'siv1.%'"));
        Assert.Equal(1, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 3"));
        Assert.Empty(await ListAsync(quarantine));
        await using var sink = await database.SinkAsync();
        Assert.Equal([Outcome.Duplicate], (await sink.WriteAsync([sent], TestDatabase.Token)).Outcomes);
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Record_that_the_database_refused_can_be_mended_too_and_so_can_a_line()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Record(version: "x.y"), Logins.Reject(Logins.Line(Guid.NewGuid())));
        await using var quarantine = await OpenAsync(database);
        foreach (var entry in await ListAsync(quarantine))
        {
            Assert.Equal(RestoreOutcome.Restored, (await MendAsync(quarantine, entry, WholeRun.Body($"u{entry.Id}"))).Outcome);
        }

        Assert.Equal(2, await database.CountAsync("user_logins WHERE user_id IN ('u1', 'u2') AND create_date >= (now() AT TIME ZONE 'UTC')::date - 1"));
        Assert.Equal(1, await database.CountAsync("login_etl_file_ledger WHERE outcome = 3"));
    }

    [Theory]
    [InlineData("still no JSON", RejectReason.InvalidJson, null)]
    [InlineData("", RejectReason.EmptyBody, null)]
    [InlineData("""{"user_id":"u","app_version":"1.0","ip":null,"device_id":"d"}""", RejectReason.NullField, "ip")]
    public void Mended_body_that_does_not_pass_says_why(string body, RejectReason reason, string? field)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        Assert.False(replay.TryMend(Entry(Logins.Delivery()), LoginText.BodyOf(body), out _, out var rejection));
        Assert.Equal(new Rejection(reason, field), rejection);
    }

    [Fact]
    public void Mended_text_that_no_UTF8_can_hold_is_refused_as_what_it_is()
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        Assert.False(replay.TryMend(Entry(Logins.Delivery()), LoginText.BodyOf(WholeRun.Body("u\ud800")), out _, out var rejection));
        Assert.Equal(RejectReason.InvalidUtf8, rejection.Reason);
    }

    [Theory]
    [InlineData("u", "not.a.version", RejectReason.InvalidVersion, "app_version", null)]
    [InlineData("bad", "1.0", RejectReason.RefusedByDatabase, null, "23514")]
    public async Task Mended_body_that_the_table_does_not_take_leaves_the_entry_as_it_was(string user, string version, RejectReason reason, string? field, string? sqlState)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id <> 'bad')");
        await WriteAsync(database, Sealed("no JSON", Logins.Delivery()));
        const string Left = "SELECT (q.*)::text || l.outcome FROM login_etl_quarantine q JOIN login_etl_ledger l USING (key)";
        var before = await database.ReadAsync<string>(Left);
        await using var quarantine = await OpenAsync(database);
        var result = await MendAsync(quarantine, Assert.Single(await ListAsync(quarantine)), WholeRun.Body(user, version));
        Assert.Equal((RestoreOutcome.Refused, reason.Code(), field, sqlState), (result.Outcome, result.Reason, result.Field, result.SqlState));
        Assert.Equal(before, await database.ReadAsync<string>(Left));
        Assert.Equal(0, await database.CountAsync());
        Assert.Equal(RestoreOutcome.Restored, (await MendAsync(quarantine, Assert.Single(await ListAsync(quarantine)), WholeRun.Body("u"))).Outcome);
    }

    [Fact]
    public async Task Two_who_mend_the_same_entry_make_one_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Sealed("no JSON", Logins.Delivery()));
        await using var quarantine = await OpenAsync(database);
        var entry = Assert.Single(await ListAsync(quarantine));
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => MendAsync(quarantine, entry, WholeRun.Body($"u{i}")))));
        Assert.Single(results, r => r.Outcome == RestoreOutcome.Restored);
        Assert.Equal(1, await database.CountAsync());
    }

    private async Task<RestoreResult> MendAsync(IQuarantine quarantine, QuarantineEntry entry, string body)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        Assert.True(replay.TryMend(entry, LoginText.BodyOf(body), out var record, out _));
        return Assert.Single(await quarantine.RestoreAsync([new RestoreRequest(entry, record) { IsMaskedNow = true }], TestDatabase.Token));
    }

    private ProtectedLogin Sealed(string body, Delivery delivery)
    {
        using var protector = _keys.Protector();
        return protector.Protect(LoginDecoder.Decode(delivery, System.Text.Encoding.UTF8.GetBytes(body)));
    }

    private static QuarantineEntry Entry(Delivery delivery) => new([1, 2, 3], null)
    {
        Id = 1,
        MessageId = delivery.Id!.Value.Value,
        Reason = "invalid_json",
        ReceiveCount = 1,
        SentTimestamp = delivery.SentTimestamp,
        CreatedAt = DateTimeOffset.UtcNow,
    };

    private static async Task WriteAsync(TestDatabase database, params ProtectedLogin[] batch)
    {
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    private static Task<IQuarantine> OpenAsync(TestDatabase database) =>
        new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);

    private static async Task<IReadOnlyList<QuarantineEntry>> ListAsync(IQuarantine quarantine) =>
        await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
}
