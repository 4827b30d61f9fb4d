using System.Text.Json;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Unit.Faults;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A person is erased everywhere, comes back in no way, and the audit says so and nothing else.</summary>
public sealed class SubjectRemovalTests(ServersFixture servers)
{
    private const string Partitioned = LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE german PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE others PARTITION OF user_logins DEFAULT;";

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    [InlineData("user_id")]
    public async Task Nothing_is_found_afterwards_under_any_key_and_a_redelivery_brings_nothing_back(string attribute)
    {
        await using var scene = await SubjectScene.NewAsync(servers, attribute == "ip" ? Partitioned : null);
        Assert.NotEmpty(await scene.FindEverywhereAsync());
        var (rows, kept) = (await scene.Database.CountAsync(), await scene.Database.CountAsync("login_etl_vault"));
        var ledger = await LedgerAsync(scene);

        var receipt = await scene.RemoveAsync(attribute);
        Assert.Equal((scene.Theirs.Rows, scene.Theirs.Records + scene.Theirs.Sealed, 2L, false), (receipt.Rows, receipt.Entries, receipt.Originals, receipt.IsDryRun));
        Assert.Empty(await scene.FindEverywhereAsync());
        Assert.Equal((rows - receipt.Rows, kept - 2), (await scene.Database.CountAsync(), await scene.Database.CountAsync("login_etl_vault")));
        Assert.Equal(2, await scene.Database.CountAsync("login_etl_quarantine WHERE dismissed_at IS NOT NULL AND dismissal_reason = 'Request 12' AND dismissed_by = session_user"));
        Assert.Equal(2, await scene.Database.CountAsync("login_etl_quarantine WHERE dismissed_at IS NULL"));
        Assert.Equal(ledger, await LedgerAsync(scene));

        var outcomes = (await scene.DeliverAsync(scene.Written)).Outcomes;
        Assert.All(outcomes, o => Assert.True(o is Outcome.Duplicate or Outcome.Quarantined));
        Assert.Empty(await scene.FindEverywhereAsync());
        var again = await scene.RemoveAsync(attribute);
        Assert.Equal((0L, 0L, 0L), (again.Rows, again.Entries, again.Originals));
    }

    [Fact]
    public async Task Receipt_stands_in_the_audit_behind_a_line_that_it_was_begun()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var receipt = await scene.RemoveAsync("user_id");
        var lines = await LinesAsync(scene);
        var (begun, done) = (lines[^2], lines[^1]);
        Assert.Equal(("begun", "done"), (State(begun), State(done)));
        Assert.Equal((lines.Count - 1, receipt.Rows, receipt.Entries, receipt.Originals), (
            done.GetProperty("removal").GetProperty("begun").GetInt32(), done.GetProperty("removal").GetProperty("rows").GetInt64(),
            done.GetProperty("removal").GetProperty("entries").GetInt64(), done.GetProperty("removal").GetProperty("originals").GetInt64()));
        Assert.Equal((done.GetProperty("mac").GetString(), done.GetProperty("file").GetGuid(), lines.Count), (receipt.AuditMac, receipt.AuditFileId, receipt.AuditLine));
        Assert.Equal(1, await scene.Database.CountAsync($"login_etl_audit_anchor WHERE line = {receipt.AuditLine} AND encode(mac, 'hex') = '{receipt.AuditMac}'"));
        Assert.DoesNotContain("canary", await File.ReadAllTextAsync(scene.AuditPath, TestDatabase.Token), StringComparison.Ordinal);
        await RequireIntactAsync(scene, SubjectScene.User, lines.Count - 1, lines.Count);
    }

    [Fact]
    public async Task Dry_run_counts_and_touches_nothing()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var before = await EverythingAsync(scene);
        var plan = await scene.PlanAsync("ip");
        Assert.Equal((scene.Theirs.Rows, scene.Theirs.Records, 2L), (plan.Rows, plan.Entries, plan.Originals));
        Assert.Equal((true, 2L, 0L, null), (plan.IsDryRun, plan.Sealed, plan.NotSearched, plan.AuditMac));
        Assert.Equal(before, await EverythingAsync(scene));
        Assert.False(File.Exists(scene.AuditPath));
    }

    [Fact]
    public async Task Refuses_while_something_could_not_be_looked_into_and_says_what_to_do()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var before = await EverythingAsync(scene);
        var bodies = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("user_id", opens: false));
        Assert.Equal(ErrorId.SubjectNotSearched, bodies.Error);
        Assert.Contains("2 sealed bodies", bodies.Message, StringComparison.Ordinal);

        scene.Keys.Promote(KeyStatus.Disabled);
        var values = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip"));
        Assert.Equal(ErrorId.SubjectNotSearched, values.Error);
        Assert.Contains(scene.Keys.OldPrefix("ip"), values.Message, StringComparison.Ordinal);
        Assert.Equal(before, await EverythingAsync(scene));
        // A user id needs no keys.
        Assert.Equal(scene.Theirs.Rows, (await scene.RemoveAsync("user_id")).Rows);
    }

    [Fact]
    public async Task Original_that_another_row_needs_stays_and_goes_with_the_last_of_them()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await scene.WriteAsync("ip=escrow,device_id=escrow", ("neighbour", SubjectScene.Ip, "their own"));
        Assert.Equal(1, (await scene.PlanAsync("user_id")).Originals);
        var first = await scene.RemoveAsync("user_id");
        Assert.Equal((scene.Theirs.Rows, 1L), (first.Rows, first.Originals));
        var last = await scene.RemoveAsync("ip");
        Assert.Equal((1L, 2L), (last.Rows, last.Originals));
    }

    [Fact]
    public async Task Connection_that_is_cut_behind_the_audits_line_leaves_all_as_it_was_and_the_line_says_begun()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var before = await EverythingAsync(scene);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip", witnessed: () => scene.Database.RunAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()")));
        Assert.Equal(ErrorId.RemovalUnknown, fault.Error);
        Assert.Equal(before, await EverythingAsync(scene));
        Assert.Equal("begun", State((await LinesAsync(scene))[^1]));
        Assert.Equal(scene.Theirs.Rows, (await scene.RemoveAsync("ip")).Rows);
        var states = (await LinesAsync(scene)).Where(l => l.TryGetProperty("removal", out _)).Select(State);
        Assert.Equal(["begun", "begun", "done"], states);
        await RequireIntactAsync(scene);
    }

    [Theory]
    [InlineData(CommitCut.Lost, 0)]
    [InlineData(CommitCut.Arrives, 1)]
    public async Task Lost_answer_to_commit_is_said_to_be_unknown_and_running_again_ends_it(CommitCut cut, int isGone)
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await using var proxy = new PostgresProxy(scene.Database.ConnectionString, WireFaults.None);
        var settings = scene.Database.Settings() with { Database = new SecretText(proxy.ConnectionString) };
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip", settings: settings, witnessed: () =>
        {
            proxy.Suffer(WireFaults.CutCommits(cut, 1));
            return Task.CompletedTask;
        }));
        Assert.Equal((ErrorId.RemovalUnknown, true, 1), (fault.Error, fault.CommitUnknown, proxy.Cuts));
        Assert.Equal("begun", State((await LinesAsync(scene))[^1]));
        await Until.Async(async () => await scene.Database.CountAsync("user_logins WHERE user_id LIKE 'canary%'") == (isGone == 1 ? 0 : scene.Theirs.Rows), "what the COMMIT did");
        Assert.Equal(isGone == 1 ? 0 : scene.Theirs.Rows, (await scene.RemoveAsync("ip")).Rows);
        Assert.Empty(await scene.FindEverywhereAsync());
        await RequireIntactAsync(scene);
    }

    [Fact]
    public async Task Line_after_the_commit_that_cannot_be_written_is_told_as_that()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip", witnessed: () => File.AppendAllTextAsync(scene.AuditPath, "not a line\n", TestDatabase.Token)));
        Assert.Equal(ErrorId.RemovalNotRecorded, fault.Error);
        Assert.Contains("was removed", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, await scene.Database.CountAsync("user_logins WHERE user_id LIKE 'canary%'"));
    }

    [Fact]
    public async Task Logins_that_are_written_meanwhile_are_removed_or_are_new_ones_whole()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        using var end = new CancellationTokenSource();
        var (begun, written) = (new TaskCompletionSource(), 0);
        var writing = Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    await scene.WriteAsync("ip=escrow,device_id=escrow", (SubjectScene.User, SubjectScene.Ip, SubjectScene.Device), ("neighbour", SubjectScene.Ip, "their own"));
                    written++;
                    begun.TrySetResult();
                }
            },
            TestDatabase.Token);
        await begun.Task;
        var removed = (await scene.RemoveAsync("user_id")).Rows;
        await end.CancelAsync();
        await writing;
        var left = await scene.Database.CountAsync("user_logins WHERE user_id LIKE 'canary%'");
        Assert.Equal(scene.Theirs.Rows + written, removed + left);
        // Whatever is left has its originals, and so has the neighbour.
        Assert.Equal(0, await scene.Database.CountAsync("user_logins u WHERE masked_ip LIKE 'mac1%' AND user_id = 'neighbour' AND NOT EXISTS (SELECT FROM login_etl_vault v WHERE v.token = u.masked_ip COLLATE \"C\")"));
        Assert.Equal(0, await scene.Database.CountAsync("user_logins u WHERE masked_ip LIKE 'mac1%' AND user_id LIKE 'canary%' AND NOT EXISTS (SELECT FROM login_etl_vault v WHERE v.token = u.masked_device_id COLLATE \"C\")"));
    }

    [Fact]
    public async Task Rows_that_a_trigger_keeps_or_others_refer_to_end_it_and_nothing_is_removed()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await scene.Database.RunAsync("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER keep BEFORE DELETE ON user_logins FOR EACH ROW EXECUTE FUNCTION keep()");
        var before = await EverythingAsync(scene);
        var fault = await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip"));
        Assert.Equal(ErrorId.WriteFailed, fault.Error);
        Assert.Contains($"{scene.Theirs.Rows} of {scene.Theirs.Rows} rows", fault.Message, StringComparison.Ordinal);
        await scene.Database.RunAsync("DROP TRIGGER keep ON user_logins; CREATE RULE keep AS ON DELETE TO user_logins DO INSTEAD NOTHING");
        Assert.Equal(ErrorId.WriteFailed, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip"))).Error);
        Assert.Equal(before, await EverythingAsync(scene));
        Assert.DoesNotContain(await LinesAsync(scene), l => l.TryGetProperty("removal", out _));
    }

    [Fact]
    public async Task Eraser_may_and_recoverer_and_auditor_may_not()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await scene.Database.InitializeAsync(new SchemaOptions { Roles = true });
        foreach (var role in new[] { "login_etl_recoverer", "login_etl_key_keeper", "login_etl_auditor" })
        {
            await scene.Database.AsRoleAsync(r => $"GRANT {role}, login_etl_recoverer TO {r}", async settings =>
                Assert.Equal(FaultKind.Denied, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.RemoveAsync("ip", settings: settings))).Kind));
        }

        await scene.Database.AsMemberAsync("login_etl_eraser", async settings =>
        {
            Assert.Equal(scene.Theirs.Rows, (await scene.RemoveAsync("ip", settings: settings)).Rows);
            Assert.Equal(2, await scene.Database.CountAsync($"login_etl_quarantine WHERE dismissed_by = '{settings.UserName}'"));
        });
        await RequireIntactAsync(scene);
    }

    private static string? State(JsonElement line) => line.GetProperty("removal").GetProperty("state").GetString();

    private static async Task<List<JsonElement>> LinesAsync(SubjectScene scene) =>
        [.. (await File.ReadAllLinesAsync(scene.AuditPath, TestDatabase.Token)).Select(l => JsonDocument.Parse(l).RootElement)];

    private static Task<string> LedgerAsync(SubjectScene scene) =>
        scene.Database.ReadAsync<string>("SELECT string_agg(key::text || outcome, ' ' ORDER BY key) FROM login_etl_ledger");

    private static async Task<string> EverythingAsync(SubjectScene scene) => string.Concat(await Task.WhenAll(
        new[] { "user_logins", "login_etl_quarantine", "login_etl_vault", "login_etl_ledger" }.Select(t => scene.Database.ReadAsync<string>($"SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM {t} t"))));

    private static async Task RequireIntactAsync(SubjectScene scene, string? asked = null, params long[] found)
    {
        using var ring = scene.Keys.Open();
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(scene.Database.Settings(), TestDatabase.Token);
        var report = await AuditVerification.RunAsync(scene.AuditPath, ring, anchor, asked is null ? [] : [asked], TestDatabase.Token);
        Assert.True(report.IsIntact, $"{report}");
        Assert.Equal(found, report.Found);
    }
}
