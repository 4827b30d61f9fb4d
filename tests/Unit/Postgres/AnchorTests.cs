using System.Globalization;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>The anchors of audit files are a witness: what is taken from them, changed or made up shows.</summary>
public sealed class AnchorTests(ServersFixture servers)
{
    private const string Table = "login_etl_audit_anchor";

    private static readonly (string Change, string Why)[] Changes =
    [
        ("DELETE FROM {0} WHERE file_id = '{1}'", "knows none of its 3 lines"),
        ("DELETE FROM {0} WHERE file_id = '{1}' AND line = 2", "gone"),
        ("DELETE FROM {0} WHERE file_id = '{1}' AND line = 1", "gone"),
        ("DELETE FROM {0} WHERE file_id = '{1}' AND line > 1", "knows no more than 1 of its 3 lines"),
        ("DELETE FROM {0} WHERE file_id <> '{1}'", "gone"),
        ("TRUNCATE {0}", "knows none of its 3 lines"),
        ("UPDATE {0} SET anchored_by = 'somebody else' WHERE file_id = '{1}' AND line = 2", "changed"),
        ("UPDATE {0} SET anchored_at = anchored_at - interval '1 day' WHERE file_id = '{1}' AND line = 1", "changed"),
        ("UPDATE {0} SET note = 'it was so' WHERE file_id <> '{1}'", "changed"),
    ];

    [Fact]
    public async Task Anchor_that_a_crash_would_empty_is_refused()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await database.RunAsync("ALTER TABLE login_etl_audit_anchor SET UNLOGGED");
        Assert.Equal("DatabaseNotDurable", (await Assert.ThrowsAsync<LoginEtl.Faults.LoginEtlException>(() => new LoginEtl.Postgres.PostgresConnector().OpenAnchorAsync(database.Settings(), TestDatabase.Token))).Id);
    }

    [Fact]
    public async Task Anchors_in_other_schemas_are_named()
    {
        await using var witness = await Witness.NewAsync(servers);
        Assert.Empty(await witness.Anchor.ElsewhereAsync(TestDatabase.Token));
        await witness.Database.RunAsync("CREATE SCHEMA apart");
        await witness.Database.InitializeAsync("apart.logins");
        Assert.Equal(["apart.login_etl_audit_anchor"], await witness.Anchor.ElsewhereAsync(TestDatabase.Token));
    }

    [Fact]
    public async Task Anchors_that_are_deleted_or_changed_show()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("other.jsonl");
        await witness.RecordAsync("official.jsonl", times: 3);
        await witness.RecordAsync("last.jsonl");
        var id = await witness.IdOfAsync("official.jsonl");
        await witness.Database.RunAsync($"CREATE TABLE saved AS TABLE {Table}; ALTER TABLE saved DROP previous");
        var columns = await witness.Database.ReadAsync<string>("SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = 'saved'::regclass AND attnum > 0 AND NOT attisdropped");
        foreach (var (change, why) in Changes)
        {
            await witness.Database.RunAsync(Witness.ByForce + string.Format(null, change, Table, id));
            var report = await witness.VerifyAsync("official.jsonl");
            Assert.Equal((change, AuditState.AnchorsLost), (change, report.State));
            Assert.Contains(why, report.Why, StringComparison.Ordinal);
            await witness.Database.RunAsync($"TRUNCATE {Table}; INSERT INTO {Table} ({columns}) SELECT {columns} FROM saved");
            Assert.True((await witness.VerifyAsync("official.jsonl")).IsIntact, change);
        }
    }

    [Fact]
    public async Task Nothing_is_recovered_under_a_file_whose_anchors_are_gone()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl", times: 3);
        var before = await File.ReadAllTextAsync(witness.PathOf("official.jsonl"), TestDatabase.Token);
        await witness.Database.RunAsync($"{Witness.ByForce} DELETE FROM {Table} WHERE line > 1");
        Assert.Equal("AuditAnchorsLost", (await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("official.jsonl"))).Id);
        await witness.Database.RunAsync($"DELETE FROM {Table}");
        Assert.Equal("AuditAnchorsLost", (await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("official.jsonl"))).Id);
        Assert.Equal(before, await File.ReadAllTextAsync(witness.PathOf("official.jsonl"), TestDatabase.Token));
    }

    [Fact]
    public async Task Anchor_of_the_last_line_alone_is_missed_as_after_a_kill_and_said()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("official.jsonl", times: 3);
        await witness.Database.RunAsync($"DELETE FROM {Table} WHERE line = 3");
        var report = await witness.VerifyAsync("official.jsonl");
        Assert.Equal((true, 3L, 2L), (report.IsIntact, report.Lines, report.Anchored));
        Assert.Contains("lines 3 to 3 are not anchored", report.Note, StringComparison.Ordinal);
        await witness.RecordAsync("official.jsonl");
        Assert.Equal("written before and anchored now", await witness.Database.ReadAsync<string>($"SELECT note FROM {Table} WHERE line = 3"));
        Assert.Equal((true, 4L, null), ((await witness.VerifyAsync("official.jsonl")) is var after ? (after.IsIntact, after.Anchored!.Value, after.Note) : default));
    }

    [Fact]
    public async Task Anchors_made_anew_with_the_audit_key_do_not_fit_the_files_of_others()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.RecordAsync("mine.jsonl", times: 2);
        await witness.RecordAsync("others.jsonl", times: 2);
        var kept = await witness.Anchor.ListAsync(await witness.IdOfAsync("others.jsonl"), TestDatabase.Token);
        using var keys = new AuditKeys(witness.Keys.Ring);
        await witness.Database.RunAsync($"TRUNCATE {Table}");
        AuditAnchor? newest = null;
        foreach (var anchor in kept)
        {
            newest = await AnchorChain.AddAsync(witness.Anchor, keys, anchor with { Number = 0, Link = "", By = "", At = default }, newest);
        }

        Assert.Empty(AnchorChain.Faults(keys, await witness.Anchor.ListAsync(null, TestDatabase.Token)));
        var report = await witness.VerifyAsync("others.jsonl");
        Assert.Equal(AuditState.AnchorsLost, report.State);
        Assert.Contains("line 1 names anchor 2", report.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_and_when_are_the_servers_word_and_numbers_leave_no_gap()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.RecordAsync("official.jsonl");
        foreach (var group in new[] { "login_etl_recoverer", "login_etl_auditor" })
        {
            await witness.Database.AsMemberAsync(group, async settings =>
            {
                await using var anchor = await Witness.OpenAsync(settings);
                await witness.RecordAsync("official.jsonl", anchor: anchor);
                Assert.Equal(settings.UserName, (await witness.Anchor.ListAsync(null, TestDatabase.Token))[^1].By);
                Assert.True((await witness.VerifyAsync("official.jsonl")).IsIntact);

                const string values = "VALUES (gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), 'here', {0}, decode(repeat('00', 36), 'hex')";
                await using var source = NpgsqlDataSource.Create(With(settings));
                Assert.Equal("42501", await RefusedAsync(source, $"INSERT INTO {Table} (file_id, line, mac, place, number, link, anchored_by) {string.Format(null, values, 99)}, 'somebody else')"));
                Assert.Equal("42501", await RefusedAsync(source, $"INSERT INTO {Table} (file_id, line, mac, place, number, link, anchored_at) {string.Format(null, values, 99)}, now())"));
                Assert.Equal("23503", await RefusedAsync(source, $"INSERT INTO {Table} (file_id, line, mac, place, number, link) {string.Format(null, values, 99)})"));
                Assert.Equal("23514", await RefusedAsync(source, $"INSERT INTO {Table} (file_id, line, mac, place) VALUES (gen_random_uuid(), 1, '', 'here')"));
                Assert.Equal("42501", await RefusedAsync(source, $"UPDATE {Table} SET note = 'x'"));
                Assert.Equal("42501", await RefusedAsync(source, $"DELETE FROM {Table}"));

                // Of a transaction that began long before: when is when it was added.
                await using var old = source.CreateCommand(
                    $"SELECT pg_sleep(0.2); INSERT INTO {Table} (file_id, line, mac, place, number, link) {string.Format(null, values, "(SELECT max(number) + 1 FROM " + Table + ")")}) RETURNING anchored_at - now() > interval '0.2 s' AND anchored_by = session_user");
                await using var reader = await old.ExecuteReaderAsync(TestDatabase.Token);
                await reader.NextResultAsync(TestDatabase.Token);
                Assert.True(await reader.ReadAsync(TestDatabase.Token) && reader.GetBoolean(0));
                await reader.DisposeAsync();

                // It was added by hand, and so it says.
                var report = await witness.VerifyAsync("official.jsonl");
                Assert.Equal(AuditState.AnchorsLost, report.State);
                Assert.Contains($"added as {settings.UserName}", report.Why, StringComparison.Ordinal);
                await witness.Database.RunAsync($"DELETE FROM {Table} WHERE place = 'here'");
            });
        }
    }

    [Theory]
    [InlineData("GRANT pg_write_all_data TO {0}")]
    [InlineData("CREATE ROLE {0}_owner; GRANT {0}_owner TO {0}; ALTER TABLE login_etl_audit_anchor OWNER TO {0}_owner")]
    public async Task Whoever_may_change_anchors_without_a_right_of_his_own_is_named(string grant)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.AsRoleAsync(role => string.Format(CultureInfo.InvariantCulture, grant, role), async settings =>
        {
            Assert.Equal([settings.UserName!], await witness.Anchor.WritersAsync(TestDatabase.Token));
            await witness.Database.RunAsync($"ALTER TABLE {Table} OWNER TO CURRENT_USER; DROP ROLE IF EXISTS {settings.UserName}_owner");
        });
    }

    [Fact]
    public async Task Roles_of_earlier_versions_lose_the_right_to_say_who_and_when()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await witness.Database.RunAsync($"GRANT SELECT, INSERT ON {Table} TO login_etl_recoverer, login_etl_auditor");
        Assert.Equal(["login_etl_auditor", "login_etl_recoverer"], await witness.Anchor.WritersAsync(TestDatabase.Token));
        await witness.Database.InitializeAsync(new SchemaOptions { Roles = true });
        Assert.Empty(await witness.Anchor.WritersAsync(TestDatabase.Token));
        Assert.Empty(await witness.Database.InitializeAsync(new SchemaOptions { Roles = true }));
        await witness.Database.AsMemberAsync("login_etl_recoverer", async settings =>
        {
            await using var anchor = await Witness.OpenAsync(settings);
            await witness.RecordAsync("official.jsonl", anchor: anchor);
        });
    }

    [Fact]
    public async Task Anchors_of_earlier_versions_hold_once_migrated_and_are_missed_as_soon_as_one_follows_them()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.BeginAsOlderVersionAsync("old.jsonl", lines: 3);
        Assert.Equal("AuditAnchorNotFound", (await Assert.ThrowsAsync<LoginEtlException>(() => Witness.OpenAsync(witness.Database.Settings()))).Id);
        await witness.MigrateAsync();
        Assert.Empty(await witness.Database.InitializeAsync());
        Assert.Equal((true, 3L, 3L, null), (await witness.VerifyAsync("old.jsonl")) is var old ? (old.IsIntact, old.Lines, old.Anchored, old.Note) : default);
        await witness.RecordAsync("old.jsonl", times: 2);
        await witness.RecordAsync("new.jsonl");
        Assert.Equal((true, 5L, 5L, null), (await witness.VerifyAsync("old.jsonl")) is var longer ? (longer.IsIntact, longer.Lines, longer.Anchored, longer.Note) : default);
        await witness.Database.RunAsync($"ALTER TABLE {Table} DROP CONSTRAINT {Table}_chained; UPDATE {Table} SET anchored_at = anchored_at - interval '1 day' WHERE line = 2 AND number IS NULL");
        Assert.Contains("an older one was changed", (await witness.VerifyAsync("new.jsonl")).Why, StringComparison.Ordinal);
        await witness.Database.RunAsync($"UPDATE {Table} SET anchored_at = anchored_at + interval '1 day' WHERE line = 2 AND number IS NULL");
        Assert.True((await witness.VerifyAsync("new.jsonl")).IsIntact);
        await witness.Database.RunAsync($"DELETE FROM {Table} WHERE line = 1 AND number IS NULL");
        Assert.Equal(AuditState.AnchorsLost, (await witness.VerifyAsync("new.jsonl")).State);
    }

    [Fact]
    public async Task Lines_that_an_earlier_version_left_unanchored_are_anchored_one_by_one()
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.BeginAsOlderVersionAsync("old.jsonl", lines: 4);
        await witness.Database.RunAsync($"DELETE FROM {Table} WHERE line > 1");
        await witness.MigrateAsync();
        Assert.True((await witness.VerifyAsync("old.jsonl")).IsIntact);
        await witness.RecordAsync("old.jsonl");
        Assert.Equal((true, 5L, 5L), (await witness.VerifyAsync("old.jsonl")) is var report ? (report.IsIntact, report.Lines, report.Anchored) : default);
        Assert.Equal(5, await witness.Database.CountAsync(Table));
    }

    [Fact]
    public async Task Files_that_are_written_at_once_are_anchored_in_one_chain()
    {
        await using var witness = await Witness.NewAsync(servers);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => witness.RecordAsync($"{i}.jsonl", times: 8))));
        foreach (var i in Enumerable.Range(0, 4))
        {
            Assert.Equal((true, 8L, null), (await witness.VerifyAsync($"{i}.jsonl")) is var report ? (report.IsIntact, report.Anchored!.Value, report.Why) : default);
        }

        Assert.Equal("1 32 32", await witness.Database.ReadAsync<string>($"SELECT concat(min(number), ' ', max(number), ' ', count(*)) FROM {Table}"));
    }

    [Theory]
    [InlineData("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER t BEFORE INSERT ON login_etl_audit_anchor FOR EACH ROW EXECUTE FUNCTION nothing()")]
    [InlineData("CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.place := ''there''; RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON login_etl_audit_anchor FOR EACH ROW EXECUTE FUNCTION other()")]
    public async Task Anchor_that_is_not_kept_as_it_was_sent_lets_no_plaintext_out(string trigger)
    {
        await using var witness = await Witness.NewAsync(servers);
        await witness.Database.RunAsync(trigger);
        Assert.Equal("ForeignObject", (await Assert.ThrowsAsync<LoginEtlException>(() => witness.RecordAsync("official.jsonl"))).Id);
    }

    private static async Task<string> RefusedAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestDatabase.Token))).SqlState;
    }

    private static string With(DatabaseSettings settings) => new NpgsqlConnectionStringBuilder(settings.Database.Reveal())
    {
        Username = settings.UserName,
        Password = settings.Password!.Reveal(),
        Pooling = false,
    }.ConnectionString;
}
