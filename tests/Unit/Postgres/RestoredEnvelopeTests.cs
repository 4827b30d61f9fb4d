using System.Text;
using LoginEtl.Decoding;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Unit.Core.Decoding;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Envelopes that a run left on are taken off by the restore, and two copies of one notification stay one login.</summary>
public sealed class RestoredEnvelopeTests(ServersFixture servers) : IDisposable
{
    private static readonly DecodeOptions AsTheyAre = new() { Envelope = Envelope.None };

    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Copies_of_one_notification_become_one_row_and_its_redelivery_is_a_duplicate()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, "one", "one", "two");
        await using var quarantine = await OpenAsync(database);
        var results = await RestoreAsync(quarantine);
        // What was quarantined at one moment is listed in no order that a test could know.
        Assert.Single(results, r => r.Outcome == RestoreOutcome.AlreadyRestored);
        Assert.Equal(2, results.Count(r => r.Outcome == RestoreOutcome.Restored));
        Assert.Equal(2, await database.CountAsync());
        Assert.Empty(await ListAsync(quarantine));
        Assert.Equal(3, await database.CountAsync("login_etl_quarantine WHERE restored_at IS NOT NULL"));
        Assert.Equal([Outcome.Duplicate, Outcome.Duplicate], await WriteAsync(database, Protected(Sns("one"), null), Protected(Sns("two"), null)));
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Copy_of_what_a_run_has_written_makes_no_second_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, "one");
        Assert.Equal([Outcome.Written], await WriteAsync(database, Protected(Sns("one"), null)));
        await using var quarantine = await OpenAsync(database);
        Assert.Equal(RestoreOutcome.AlreadyRestored, Assert.Single(await RestoreAsync(quarantine)).Outcome);
        Assert.Equal(1, await database.CountAsync());
        Assert.Empty(await ListAsync(quarantine));
    }

    [Fact]
    public async Task Copies_of_one_that_the_table_refuses_all_stay()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, "bad", "bad");
        await database.RunAsync("ALTER TABLE user_logins ADD CONSTRAINT not_bad CHECK (user_id <> 'bad')");
        await using var quarantine = await OpenAsync(database);
        Assert.All(await RestoreAsync(quarantine), r => Assert.Equal((RestoreOutcome.Refused, "23514"), (r.Outcome, r.SqlState)));
        Assert.Equal(2, (await ListAsync(quarantine)).Count);
        Assert.Equal(2, await database.CountAsync("login_etl_ledger WHERE outcome = 2"));
        await database.RunAsync("ALTER TABLE user_logins DROP CONSTRAINT not_bad");
        Assert.Single(await RestoreAsync(quarantine), r => r.Outcome == RestoreOutcome.Restored);
        Assert.Equal(1, await database.CountAsync());
    }

    [Fact]
    public async Task Those_who_restore_and_write_copies_at_once_make_one_row()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, [.. Enumerable.Repeat("one", 6)]);
        await using var quarantine = await OpenAsync(database);
        var entries = await ListAsync(quarantine);
        var restored = entries.Select(e => Task.Run(async () => (await RestoreAsync(quarantine, [e]))[0].Outcome == RestoreOutcome.Restored));
        var written = Enumerable.Range(0, 3).Select(_ => Task.Run(async () => (await WriteAsync(database, Protected(Sns("one"), null)))[0] == Outcome.Written));
        Assert.Single(await Task.WhenAll(restored.Concat(written)), first => first);
        Assert.Equal(1, await database.CountAsync());
        Assert.Empty(await ListAsync(quarantine));
    }

    [Fact]
    public async Task Envelopes_stay_on_where_that_is_asked_for_and_messages_stay_apart()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await QuarantineAsync(database, "one", "one");
        await using var quarantine = await OpenAsync(database);
        using var protector = _keys.Protector();
        using var strict = new QuarantineReplay(protector, _keys.PrivatePath, AsTheyAre);
        Assert.False(strict.TryReplay((await ListAsync(quarantine))[0], out _, out var rejection));
        Assert.Equal((RejectReason.MissingField, "user_id"), (rejection.Reason, rejection.Field));
        Assert.True(IdentityFrom.TryParse("MessageId", out var identity));
        var results = await RestoreAsync(quarantine, decoding: new DecodeOptions { Identity = identity });
        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(2, await database.CountAsync());
    }

    [Fact]
    public async Task Auditors_rights_are_enough()
    {
        var database = await TestDatabase.NewAsync(servers);
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await QuarantineAsync(database, "one", "one");
        await database.AsMemberAsync("login_etl_auditor", async settings =>
        {
            await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(settings, new SinkOptions(), TestDatabase.Token);
            Assert.Equal([RestoreOutcome.Restored, RestoreOutcome.AlreadyRestored], (await RestoreAsync(quarantine)).Select(r => r.Outcome));
        });
        Assert.Equal(1, await database.CountAsync());
    }

    private static string Sns(string user) => Envelopes.Sns(WholeRun.Body(user));

    private ProtectedLogin Protected(string body, DecodeOptions? decoding)
    {
        using var protector = _keys.Protector();
        return protector.Protect(LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(body), decoding));
    }

    private async Task QuarantineAsync(TestDatabase database, params string[] users) => Assert.All(
        await WriteAsync(database, [.. users.Select(u => Protected(Sns(u), AsTheyAre))]), o => Assert.Equal(Outcome.Quarantined, o));

    private static async Task<IReadOnlyList<Outcome>> WriteAsync(TestDatabase database, params ProtectedLogin[] batch)
    {
        await using var sink = await database.SinkAsync();
        return (await sink.WriteAsync(batch, TestDatabase.Token)).Outcomes;
    }

    private async Task<IReadOnlyList<RestoreResult>> RestoreAsync(
        IQuarantine quarantine, IReadOnlyList<QuarantineEntry>? entries = null, DecodeOptions? decoding = null)
    {
        using var protector = _keys.Protector();
        using var replay = new QuarantineReplay(protector, _keys.PrivatePath, decoding);
        var requests = new List<RestoreRequest>();
        foreach (var entry in entries ?? await ListAsync(quarantine))
        {
            Assert.True(replay.TryReplay(entry, out var record, out _));
            requests.Add(new RestoreRequest(entry, record));
        }

        return await quarantine.RestoreAsync(requests, TestDatabase.Token);
    }

    private static Task<IQuarantine> OpenAsync(TestDatabase database) =>
        new PostgresConnector().OpenQuarantineAsync(database.Settings(), new SinkOptions(), TestDatabase.Token);

    private static async Task<IReadOnlyList<QuarantineEntry>> ListAsync(IQuarantine quarantine) =>
        await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
}
