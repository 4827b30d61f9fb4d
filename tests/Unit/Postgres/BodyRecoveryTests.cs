using System.Text;
using System.Text.Json;
using LoginEtl.Audit;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;
using LoginEtl.Settings;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>Whoever holds the quarantine's private key gets every sealed body back, and leaves a line for it.</summary>
public sealed class BodyRecoveryTests(ServersFixture servers) : IDisposable
{
    private const string Secret = "canary 203.0.113.77, no JSON";

    private readonly TestKeys _keys = new();

    private string AuditPath => Path.Combine(_keys.Folder, "..", "audit.jsonl");

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Sealed_bodies_come_back_byte_for_byte_and_the_audit_names_the_messages_and_nothing_of_them()
    {
        byte[] noText = [0xFF, 0x00, (byte)'{'];
        var (database, entries) = await QuarantinedAsync(Encoding.UTF8.GetBytes(Secret), noText);
        await using var anchor = await AnchorAsync(database.Settings());
        var opened = await RecoverAsync(anchor, entries);
        Assert.Equal(entries, opened.Select(o => o.Entry));
        Assert.Equal(Secret, opened[0].Body!.Reveal());
        Assert.Equal(noText, opened[1].Body!.RevealBytes());
        Assert.All(opened, o => Assert.Equal(Plaintext.Redacted, $"{o.Body}"));
        Assert.DoesNotContain("canary", JsonSerializer.Serialize(opened[0].Body) + opened[0], StringComparison.Ordinal);

        var line = Assert.Single(await File.ReadAllLinesAsync(AuditPath, TestDatabase.Token));
        using var json = JsonDocument.Parse(line);
        Assert.Equal(entries.Select(e => e.MessageId), json.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal((2, "Ticket 8"), (json.RootElement.GetProperty("asked").GetInt32(), json.RootElement.GetProperty("reason").GetString()));
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), line, StringComparison.Ordinal);
        var report = await AuditVerification.RunAsync(AuditPath, _keys.Ring, anchor, [], TestDatabase.Token);
        Assert.Equal((true, 1L, 1L), (report.IsIntact, report.Lines, report.Anchored));
    }

    [Fact]
    public async Task Body_that_was_moved_to_another_message_does_not_open_and_leaves_the_others_alone()
    {
        var (database, _) = await QuarantinedAsync("first"u8.ToArray(), "second"u8.ToArray());
        await database.RunAsync("UPDATE login_etl_quarantine SET sealed_body = (SELECT sealed_body FROM login_etl_quarantine WHERE id = 1) WHERE id = 2");
        await using var anchor = await AnchorAsync(database.Settings());
        var opened = await RecoverAsync(anchor, await ListAsync(database.Settings()));
        Assert.Equal("first", opened[0].Body!.Reveal());
        Assert.Equal(("SealedBodyUnopened", null), (opened[1].Fault!.Id, opened[1].Body));
        Assert.Contains("\"asked\":2", await File.ReadAllTextAsync(AuditPath, TestDatabase.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Protected_record_says_that_it_is_one_and_is_no_line_of_the_audit()
    {
        var database = await TestDatabase.InitializedAsync(servers);
        await using (var sink = await database.SinkAsync())
        {
            await sink.WriteAsync([Logins.Record(version: "x.y")], TestDatabase.Token);
        }

        await using var anchor = await AnchorAsync(database.Settings());
        var opened = Assert.Single(await RecoverAsync(anchor, await ListAsync(database.Settings())));
        Assert.Equal("EntryNotSealed", opened.Fault!.Id);
        Assert.Contains("masked record", opened.Fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(AuditPath));
    }

    [Fact]
    public async Task Nothing_comes_out_where_no_line_can_be_written_and_none_without_a_key_or_a_reason()
    {
        var (database, entries) = await QuarantinedAsync("body"u8.ToArray());
        await using var anchor = await AnchorAsync(database.Settings());
        await database.RunAsync("DROP TABLE login_etl_audit_anchor");
        await Assert.ThrowsAsync<LoginEtlException>(() => RecoverAsync(anchor, entries));
        using var audit = new AuditLog(AuditPath, _keys.Ring, anchor);
        var options = new RecoveryOptions { Command = "Test", Reason = "why" };
        Assert.Equal("QuarantineKeyNeeded", Assert.Throws<LoginEtlException>(() => new BodyRecovery(null, audit, options)).Id);
        Assert.Equal("ReasonMissing", Assert.Throws<LoginEtlException>(() => new BodyRecovery(_keys.PrivatePath, audit, options with { Reason = " " })).Id);
        Assert.Equal("KeysetInvalid", Assert.Throws<LoginEtlException>(() => new BodyRecovery(Path.Combine(_keys.Folder, "ip.json"), audit, options)).Id);
        using var another = new BodyRecovery(_keys.EscrowPath, audit, options);
    }

    [Theory]
    [InlineData("login_etl_recoverer")]
    [InlineData("login_etl_auditor")]
    public async Task Member_of_the_role_recovers_bodies(string role)
    {
        var (database, _) = await QuarantinedAsync("body"u8.ToArray());
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.AsMemberAsync(role, async settings =>
        {
            await using var anchor = await AnchorAsync(settings);
            Assert.Equal("body", Assert.Single(await RecoverAsync(anchor, await ListAsync(settings))).Body!.Reveal());
        });
    }

    private async Task<IReadOnlyList<OpenedBody>> RecoverAsync(IAuditAnchor anchor, IReadOnlyList<QuarantineEntry> entries)
    {
        using var audit = new AuditLog(AuditPath, _keys.Ring, anchor);
        using var recovery = new BodyRecovery(_keys.PrivatePath, audit, new RecoveryOptions { Command = "Test", Reason = "Ticket 8" });
        return await recovery.RecoverAsync(entries, TestDatabase.Token);
    }

    private async Task<(TestDatabase Database, IReadOnlyList<QuarantineEntry> Entries)> QuarantinedAsync(params byte[][] bodies)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        using var protector = _keys.Protector();
        await using var sink = await database.SinkAsync();
        foreach (var body in bodies)
        {
            await sink.WriteAsync([protector.Protect(LoginDecoder.Decode(Logins.Delivery(), body))], TestDatabase.Token);
        }

        return (database, await ListAsync(database.Settings()));
    }

    private static Task<IAuditAnchor> AnchorAsync(DatabaseSettings settings) => new PostgresConnector().OpenAnchorAsync(settings, TestDatabase.Token);

    private static async Task<IReadOnlyList<QuarantineEntry>> ListAsync(DatabaseSettings settings)
    {
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(settings, new SinkOptions(), TestDatabase.Token);
        return await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
    }
}
