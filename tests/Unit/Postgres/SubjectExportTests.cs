using System.Security.Cryptography;
using System.Text.Json;
using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>All that there is of a person, to a folder, and a line of the audit before.</summary>
public sealed class SubjectExportTests(ServersFixture servers)
{
    private const string Partitioned = LoginTable.Begun + " PARTITION BY LIST (locale); CREATE TABLE german PARTITION OF user_logins FOR VALUES IN ('DE'); CREATE TABLE others PARTITION OF user_logins DEFAULT;";

    [Theory]
    [InlineData("ip")]
    [InlineData("device_id")]
    [InlineData("user_id")]
    public async Task Rows_entries_and_originals_of_the_person_are_all_there_and_nobody_elses(string attribute)
    {
        await using var scene = await SubjectScene.NewAsync(servers, attribute == "ip" ? Partitioned : null);
        var receipt = await scene.ExportAsync(attribute, "theirs");
        Assert.Equal((scene.Theirs.Rows, scene.Theirs.Records + scene.Theirs.Sealed, 2L), (receipt.Rows, receipt.Entries, receipt.Originals));
        Assert.Equal(("public.user_logins", attribute, true), (receipt.Table, receipt.Attribute, receipt.IsComplete));

        var rows = await ReadAsync(receipt, "rows.json");
        Assert.All(rows, r => Assert.Equal(SubjectScene.User, r.GetProperty("user_id").GetString()));
        // The token of escrow is that of mac.
        Assert.Equal(scene.Theirs.Rows - 1, rows.Select(r => r.GetProperty("masked_ip").GetString()).Distinct().Count());
        var entries = await ReadAsync(receipt, "quarantine.json");
        Assert.Equal(SubjectScene.User, entries.Single(e => !e.TryGetProperty("body", out _)).GetProperty("record").GetProperty("user_id").GetString());
        Assert.Contains(SubjectScene.Ip, entries.Single(e => e.TryGetProperty("body", out _)).GetProperty("body").GetString(), StringComparison.Ordinal);
        var originals = await ReadAsync(receipt, "vault.json");
        Assert.Equal([SubjectScene.Device, SubjectScene.Ip], originals.Select(o => o.GetProperty("value").GetString()));
        Assert.DoesNotContain("another", await AllAsync(receipt), StringComparison.Ordinal);

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(receipt.Path, "manifest.json"), TestDatabase.Token));
        foreach (var file in manifest.RootElement.GetProperty("files").EnumerateArray())
        {
            var bytes = await File.ReadAllBytesAsync(Path.Combine(receipt.Path, file.GetProperty("name").GetString()!), TestDatabase.Token);
            Assert.Equal((Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length), (file.GetProperty("sha256").GetString(), file.GetProperty("bytes").GetInt32()));
        }

        Assert.Equal(("Request 12", true), (manifest.RootElement.GetProperty("reason").GetString(), manifest.RootElement.GetProperty("is_complete").GetBoolean()));
    }

    [Fact]
    public async Task What_could_not_be_looked_into_is_counted_and_the_export_says_that_it_is_not_whole()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var closed = await scene.ExportAsync("ip", "closed", opens: false);
        Assert.Equal((2L, 0L, false), (closed.Sealed, closed.NotSearched, closed.IsComplete));
        Assert.Equal((scene.Theirs.Records, 2L), (closed.Entries, closed.Originals));
        Assert.All(await ReadAsync(closed, "vault.json"), o => Assert.Equal(JsonValueKind.Null, o.GetProperty("value").ValueKind));

        // Disabled: the rows of before cannot be looked under, and neither can what somebody put there.
        scene.Keys.Promote(LoginEtl.Keysets.KeyStatus.Disabled);
        await scene.Database.RunAsync("INSERT INTO user_logins (masked_ip, locale) VALUES ('not masked', 'DE')");
        var some = await scene.ExportAsync("ip", "some");
        // Of siv, from before the rotation; and the one that is no token.
        Assert.Equal((3 + 1, false), (some.NotSearched, some.IsComplete));
        Assert.Equal(scene.Theirs.Rows - 1, some.Rows);
        Assert.True((await scene.ExportAsync("user_id", "user")).IsComplete);
    }

    [Fact]
    public async Task Line_of_the_audit_comes_before_the_folder_and_where_none_can_be_written_nothing_is()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await scene.ExportAsync("user_id", "first", opens: false);
        var line = Assert.Single(await File.ReadAllLinesAsync(scene.AuditPath, TestDatabase.Token));
        Assert.Contains("\"attributes\":[\"user_id\"]", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        using (var ring = scene.Keys.Open())
        {
            Assert.Equal([1], (await AuditVerification.RunAsync(scene.AuditPath, ring, null, [SubjectScene.User], TestDatabase.Token)).Found);
        }

        await File.AppendAllTextAsync(scene.AuditPath, "not a line\n", TestDatabase.Token);
        Assert.Equal(ErrorId.AuditBroken, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.ExportAsync("user_id", "second", opens: false))).Error);
        Assert.Equal(["first"], Directory.GetFileSystemEntries(scene.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Folder_is_its_owners_alone_has_its_name_only_whole_and_replaces_nothing()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        var receipt = await scene.ExportAsync("ip", "theirs");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(receipt.Path));
            foreach (var file in Directory.GetFiles(receipt.Path))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        Assert.Equal(ErrorId.FileExists, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.ExportAsync("ip", "theirs"))).Error);
        Assert.Equal(ErrorId.FileUnwritable, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.ExportAsync("ip", "none/theirs"))).Error);
        Assert.Equal(["theirs"], Directory.GetFileSystemEntries(scene.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Snapshot_is_of_one_moment()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await using var data = await new PostgresConnector().OpenSubjectAsync(scene.Database.Settings(), scene.Subject("ip"), SealedFindings.None, TestDatabase.Token);
        var sealedBefore = await data.CountSealedAsync(TestDatabase.Token);
        await scene.WriteAsync("", (SubjectScene.User, SubjectScene.Ip, SubjectScene.Device));
        await scene.Database.RunAsync("DELETE FROM login_etl_vault");
        Assert.Equal((2L, (int)scene.Theirs.Rows, 2), (sealedBefore, await data.RowsAsync(TestDatabase.Token).CountAsync(TestDatabase.Token), (await data.OriginalsAsync(TestDatabase.Token)).Count));
    }

    [Fact]
    public async Task Recoverer_may_and_who_does_not_see_all_may_not()
    {
        await using var scene = await SubjectScene.NewAsync(servers);
        await scene.Database.InitializeAsync(new SchemaOptions { Roles = true });
        await scene.Database.AsMemberAsync("login_etl_recoverer", async settings => Assert.Equal(scene.Theirs.Rows, (await scene.ExportAsync("ip", "recoverer", settings: settings)).Rows));
        await scene.Database.AsRoleAsync(role => $"GRANT login_etl_auditor, login_etl_reader TO {role}", async settings =>
        {
            var fault = await Assert.ThrowsAsync<LoginEtlException>(() => scene.ExportAsync("ip", "auditor", settings: settings));
            Assert.Equal(ErrorId.TableAccessDenied, fault.Error);
            Assert.Contains("login_etl_vault", fault.Message, StringComparison.Ordinal);
        });
        await scene.Database.RunAsync("ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY; CREATE POLICY only_ru ON user_logins USING (locale = 'RU')");
        await scene.Database.AsMemberAsync("login_etl_recoverer", async settings =>
            Assert.Equal(ErrorId.RowSecurity, (await Assert.ThrowsAsync<LoginEtlException>(() => scene.ExportAsync("ip", "hidden", settings: settings))).Error));
    }

    private static async Task<List<JsonElement>> ReadAsync(SubjectReceipt receipt, string name)
    {
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(receipt.Path, name), TestDatabase.Token));
        return [.. json.RootElement.EnumerateArray().Select(e => e.Clone())];
    }

    private static async Task<string> AllAsync(SubjectReceipt receipt) =>
        string.Concat(await Task.WhenAll(Directory.GetFiles(receipt.Path).Select(f => File.ReadAllTextAsync(f, TestDatabase.Token))));
}
