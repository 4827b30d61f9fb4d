using LoginEtl.Audit;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>What is nobody's login is dismissed for a reason: what it held is gone, and it comes back in no way.</summary>
public sealed class DismissalTests(ServersFixture servers) : IDisposable
{
    private static readonly Dismissal Heartbeats = new("Heartbeats of the new app");

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Dismissed_entry_holds_nothing_says_who_when_and_why_and_its_message_makes_nothing()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        ProtectedLogin[] batch = [Logins.Reject(), Logins.Record(version: "x.y"), Logins.Reject()];
        await WriteAsync(database, batch);
        await using var quarantine = await OpenAsync(database.Settings());
        var entries = await ListAsync(quarantine);
        Assert.Equal(
            [DismissOutcome.Dismissed, DismissOutcome.Dismissed, DismissOutcome.AlreadyDismissed],
            (await quarantine.DismissAsync([entries[0], entries[1], entries[0]], Heartbeats, TestDatabase.Token)).Select(r => r.Outcome));
        Assert.Equal(entries[2].Id, Assert.Single(await ListAsync(quarantine)).Id);
        var all = await ListAsync(quarantine, new QuarantineFilter { IncludeSettled = true });
        Assert.Equal(3, all.Count);
        Assert.All(all.Take(2), e =>
        {
            Assert.Equal(("Heartbeats of the new app", false), (e.DismissalReason, e.IsSealed));
            Assert.False(string.IsNullOrEmpty(e.DismissedBy));
            Assert.InRange(e.DismissedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(10));
        });
        Assert.Equal(2, await database.CountAsync("login_etl_quarantine WHERE sealed_body IS NULL AND record IS NULL AND dismissed_by = session_user"));

        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
        Assert.Equal(3, await database.CountAsync("login_etl_quarantine"));
        Assert.Single(await ListAsync(quarantine));
        Assert.Equal(0, await database.CountAsync());
    }

    [Fact]
    public async Task What_was_dismissed_is_neither_restored_nor_opened_nor_dismissed_again()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Reject());
        await using var quarantine = await OpenAsync(database.Settings());
        var before = Assert.Single(await ListAsync(quarantine));
        await quarantine.DismissAsync([before], Heartbeats, TestDatabase.Token);
        var after = Assert.Single(await ListAsync(quarantine, new QuarantineFilter { IncludeSettled = true }));
        Assert.Equal(DismissOutcome.AlreadyDismissed, Assert.Single(await quarantine.DismissAsync([before], new Dismissal("another"), TestDatabase.Token)).Outcome);
        Assert.Equal(1, await database.CountAsync("login_etl_quarantine WHERE dismissal_reason = 'Heartbeats of the new app'"));

        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath);
        Assert.Equal("EntryDismissed", Assert.Throws<LoginEtlException>(() => replay.TryReplay(after, out _, out _)).Id);
        // Whoever listed it before and has a body for it comes too late as well.
        Assert.Equal(RestoreOutcome.Dismissed, (await MendAsync(quarantine, before)).Outcome);
        Assert.Equal(0, await database.CountAsync());
        Assert.Equal(1, await database.CountAsync("login_etl_ledger WHERE outcome = 2"));

        await using var anchor = await new PostgresConnector().OpenAnchorAsync(database.Settings(), TestDatabase.Token);
        using var audit = new AuditLog(Path.Combine(_keys.Folder, "..", "audit.jsonl"), _keys.Ring, anchor);
        using var recovery = new BodyRecovery(_keys.PrivatePath, audit, new RecoveryOptions { Command = "Test", Reason = "why" });
        Assert.Equal("EntryDismissed", Assert.Single(await recovery.RecoverAsync([after], TestDatabase.Token)).Fault!.Id);
    }

    [Fact]
    public async Task What_was_restored_is_not_dismissed()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Reject());
        await using var quarantine = await OpenAsync(database.Settings());
        var entry = Assert.Single(await ListAsync(quarantine));
        Assert.Equal(RestoreOutcome.Restored, (await MendAsync(quarantine, entry)).Outcome);
        Assert.Equal(DismissOutcome.AlreadyRestored, Assert.Single(await quarantine.DismissAsync([entry], Heartbeats, TestDatabase.Token)).Outcome);
        await database.RunAsync("DELETE FROM login_etl_quarantine");
        Assert.Equal(DismissOutcome.Missing, Assert.Single(await quarantine.DismissAsync([entry], Heartbeats, TestDatabase.Token)).Outcome);
    }

    [Fact]
    public async Task One_who_dismisses_and_one_who_restores_at_once_settle_an_entry_in_one_way()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, [.. Enumerable.Range(0, 10).Select(_ => Logins.Reject())]);
        await using var quarantine = await OpenAsync(database.Settings());
        await using var other = await OpenAsync(database.Settings());
        var entries = await ListAsync(quarantine);
        var dismissing = Task.WhenAll(entries.Select(e => Task.Run(() => quarantine.DismissAsync([e], Heartbeats, TestDatabase.Token))));
        var restored = new List<RestoreResult>();
        foreach (var entry in Enumerable.Reverse(entries))
        {
            restored.Add(await MendAsync(other, entry));
        }

        var dismissed = (await dismissing).Count(r => r[0].Outcome == DismissOutcome.Dismissed);
        var rows = restored.Count(r => r.Outcome == RestoreOutcome.Restored);
        Assert.Equal(10, dismissed + rows);
        Assert.Equal(rows, await database.CountAsync());
        Assert.Equal(0, await database.CountAsync("login_etl_quarantine WHERE restored_at IS NOT NULL AND dismissed_at IS NOT NULL"));
    }

    [Theory]
    [InlineData(CommitCut.Lost)]
    [InlineData(CommitCut.Arrives)]
    public async Task Lost_answer_to_commit_dismisses_once_and_says_so(CommitCut cut)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await WriteAsync(database, Logins.Reject(), Logins.Reject());
        await using var proxy = new PostgresProxy(database.ConnectionString, cut, cuts: 1);
        await using var quarantine = await OpenAsync(database.Settings() with { Database = new SecretText(proxy.ConnectionString) });
        var results = await quarantine.DismissAsync(await ListAsync(quarantine), Heartbeats, TestDatabase.Token);
        Assert.All(results, r => Assert.Equal(DismissOutcome.Dismissed, r.Outcome));
        Assert.Equal(1, proxy.Cuts);
        Assert.Equal(2, await database.CountAsync("login_etl_quarantine WHERE dismissed_at IS NOT NULL"));
    }

    [Fact]
    public async Task Quarantine_of_an_earlier_version_lets_entries_be_dismissed_once_it_is_migrated()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync(
            """
            ALTER TABLE login_etl_schema DROP relations;
            DROP TABLE login_etl_quarantine;
            CREATE TABLE login_etl_quarantine (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key uuid NOT NULL, message_id text NOT NULL, source text, reason text NOT NULL, field text,
                sqlstate text, constraint_name text, receive_count integer NOT NULL, sent_at timestamptz, sealed_body bytea, record json, batch uuid NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(), restored_at timestamptz, CHECK (num_nonnulls(sealed_body, record) = 1))
            """);
        await WriteAsync(database, Logins.Reject(), Logins.Record(version: "x.y"));
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => OpenAsync(database.Settings()));
        Assert.Equal("LedgerUnsuitable", fault.Id);
        Assert.Contains("Initialize-LoginDatabase", fault.Remedy, StringComparison.Ordinal);
        // The quarantine's columns, and the key of its record.
        Assert.Equal(4, (await database.InitializeAsync()).Count);
        Assert.Empty(await database.InitializeAsync());
        await using var quarantine = await OpenAsync(database.Settings());
        var entries = await ListAsync(quarantine);
        Assert.All(await quarantine.DismissAsync([entries[0]], Heartbeats, TestDatabase.Token), r => Assert.Equal(DismissOutcome.Dismissed, r.Outcome));
        Assert.Equal(RestoreOutcome.Restored, (await MendAsync(quarantine, entries[1])).Outcome);
    }

    [Fact]
    public async Task Auditor_dismisses_and_a_recoverer_does_not()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await WriteAsync(database, Logins.Reject());
        await database.AsMemberAsync("login_etl_recoverer", async settings =>
        {
            await using var quarantine = await OpenAsync(settings);
            await Assert.ThrowsAsync<LoginEtlException>(async () => await quarantine.DismissAsync(await ListAsync(quarantine), Heartbeats, TestDatabase.Token));
        });
        await database.AsMemberAsync("login_etl_auditor", async settings =>
        {
            await using var quarantine = await OpenAsync(settings);
            Assert.Equal(DismissOutcome.Dismissed, Assert.Single(await quarantine.DismissAsync(await ListAsync(quarantine), Heartbeats, TestDatabase.Token)).Outcome);
            Assert.Equal(settings.UserName, Assert.Single(await ListAsync(quarantine, new QuarantineFilter { IncludeSettled = true })).DismissedBy);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t")]
    [InlineData("NUL \0")]
    public void Reason_that_is_none_is_refused(string reason) =>
        Assert.Equal("ReasonMissing", Assert.Throws<LoginEtlException>(() => new Dismissal(reason)).Id);

    private async Task<RestoreResult> MendAsync(IQuarantine quarantine, QuarantineEntry entry)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, null);
        Assert.True(replay.TryMend(entry, LoginText.BodyOf(WholeRun.Body("mended")), out var record, out _));
        return Assert.Single(await quarantine.RestoreAsync([new RestoreRequest(entry, record) { IsMaskedNow = true }], TestDatabase.Token));
    }

    private static async Task WriteAsync(TestDatabase database, params ProtectedLogin[] batch)
    {
        await using var sink = await database.SinkAsync();
        Assert.All((await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
    }

    // What is mended has another key than the records here.
    private static Task<IQuarantine> OpenAsync(DatabaseSettings settings) =>
        new PostgresConnector().OpenQuarantineAsync(settings, new SinkOptions { NewKey = true }, TestDatabase.Token);

    private static async Task<IReadOnlyList<QuarantineEntry>> ListAsync(IQuarantine quarantine, QuarantineFilter? filter = null) =>
        await quarantine.ListAsync(filter ?? new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
}
