using System.Text;
using LoginEtl.Audit;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.History;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Tokens;
using LoginEtl.Unit.Core.Decoding;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Postgres.Statements;

/// <summary>Has everything done to a database that sends statements.</summary>
/// <param name="database">With a table, or none.</param>
/// <param name="user">Names of users that the table's column takes; those of negative numbers are refused by it.</param>
internal sealed class StatementFlows(TestDatabase database, Func<int, string> user) : IDisposable
{
    private static readonly PostgresConnector s_connector = new();

    private readonly RotatingKeys _keys = new();
    private readonly TestKeys _escrow = new();
    private int _users;

    public void Dispose()
    {
        _keys.Dispose();
        _escrow.Dispose();
    }

    /// <summary>A table and its keys, from the first statement to the last.</summary>
    public async Task RunAsync()
    {
        await database.InitializeAsync(new SchemaOptions { Roles = true, PlanOnly = true });
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await database.InitializeAsync(new SchemaOptions { Roles = true, Retention = new Retention { Rows = 400, Quarantine = 30, Vault = 90 }, Warned = _ => { } });
        await database.InitializeAsync(new SchemaOptions { Roles = true });
        await WriteAsync(database.Settings());
        await database.AsRoleAsync(
            role => $"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}; GRANT EXECUTE ON FUNCTION login_etl_prune, login_etl_retain TO {role}",
            settings => WriteAsync(settings));
        await database.AsRoleAsync(TestDatabase.WriterRights, settings => WriteAsync(settings, fallsBack: true));
        await s_connector.CheckAsync(database.Settings(), new SinkOptions { UseVault = true }, TestDatabase.Token);
        await QuarantineAsync();
        await UnwrapAsync();
        await RotateAsync();
        await AuditAsync();
        await SubjectAsync();
    }

    /// <summary>Rows whose key is there, by each rule for them.</summary>
    public async Task ConflictAsync()
    {
        foreach (var action in new[] { ConflictAction.Skip, ConflictAction.Update, ConflictAction.Fail })
        {
            await using var sink = await s_connector.WriteToAsync(database.Settings(), new SinkOptions { OnConflict = action, NewKey = true }, TestDatabase.Token);
            ProtectedLogin[] Again() => [.. Enumerable.Range(100, 5).Append(-1).Select(i => Record(i)), Logins.Reject()];
            if (action != ConflictAction.Fail)
            {
                await sink.WriteAsync(Again(), TestDatabase.Token);
                await sink.WriteAsync(Again(), TestDatabase.Token);
            }
            else
            {
                Assert.Equal("UniqueKeyConflict", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Again(), TestDatabase.Token))).Id);
            }
        }
    }

    /// <summary>A database that went back, one of an earlier version, and one whose keys nobody knows.</summary>
    public async Task RestoredAsync()
    {
        await using (var sink = await s_connector.WriteToAsync(database.Settings(), new SinkOptions { NewKey = true }, TestDatabase.Token))
        {
            await sink.WriteAsync(Fine(3), TestDatabase.Token);
            await database.RunAsync("DELETE FROM login_etl_ledger");
            Assert.Equal("DatabaseRewound", (await Assert.ThrowsAsync<LoginEtlException>(() => sink.WriteAsync(Fine(3), TestDatabase.Token))).Id);
        }

        await database.RunAsync("UPDATE login_etl_schema SET timeline = timeline - 1");
        await WriteAsync(database.Settings());
        await database.RunAsync("UPDATE login_etl_schema SET system_identifier = system_identifier - 1");
        await RefusedAsync("DatabaseRewound");
        await database.InitializeAsync(new SchemaOptions { AcceptRestored = true });
        await database.RunAsync("UPDATE login_etl_schema SET version = 1; DROP TABLE login_etl_key");
        await RefusedAsync("SchemaOutdated");
        await database.InitializeAsync();
    }

    private async Task WriteAsync(DatabaseSettings settings, bool fallsBack = false)
    {
        await using (var dry = await s_connector.WriteToAsync(settings, new SinkOptions { DryRun = true, NewKey = true }, TestDatabase.Token))
        {
            await dry.WriteAsync(Fine(2), TestDatabase.Token);
        }

        await using var sink = await s_connector.WriteToAsync(settings, new SinkOptions { UseVault = !fallsBack, NewKey = true }, TestDatabase.Token);
        await sink.BeginRunAsync("logins", TestDatabase.Token);
        var known = await sink.KeysAsync(TestDatabase.Token);
        await sink.WriteAsync(Fine(20), TestDatabase.Token);
        await sink.RequireKeysAsync([.. known.Where(k => k.State == StoredKeyState.Primary)], TestDatabase.Token);
        ProtectedLogin[] mixed =
        [
            .. Fine(40), Record(-1), Record(-2), Logins.Reject(), Record(_users++, Logins.Line(Guid.NewGuid())), Logins.Reject(Logins.Line(Guid.NewGuid(), 2)),
            Record(_users++, Logins.Delivery(group: new FifoPosition("g", "1"))), Record(_users++, Logins.Delivery(group: new FifoPosition("g", "2"))),
        ];
        await sink.WriteAsync(mixed, TestDatabase.Token);
        await sink.WriteAsync([.. mixed, .. Fine(1)], TestDatabase.Token);
        await sink.WriteAsync([Record(_users++, Logins.Delivery(group: new FifoPosition("h", "1"))), Record(-1, Logins.Delivery(group: new FifoPosition("h", "2")))], TestDatabase.Token);
        if (!fallsBack)
        {
            await sink.WriteAsync([.. VaultTests.Escrowed(_escrow, 3, i => $"10.0.0.{i}"), .. Fine(3)], TestDatabase.Token);
        }

        await sink.EndRunAsync(Receipt.Failed("logins", DateTimeOffset.UtcNow, LoginEtlException.Unexpected(new TimeoutException())));
        await s_connector.ListRunsAsync(database.Settings(), new RunFilter { Failed = true }, TestDatabase.Token);
        await using var export = await s_connector.OpenExportAsync(database.Settings(), new() { FirstDay = new(2026, 1, 1), LastDay = new(9999, 1, 1) }, TestDatabase.Token);
        await export.WriteCsvAsync(Stream.Null, null, TestDatabase.Token);
        Assert.NotEmpty(await export.ReadAsync(10, TestDatabase.Token).ToListAsync(TestDatabase.Token));
    }

    private async Task QuarantineAsync()
    {
        await using var quarantine = await s_connector.OpenQuarantineAsync(database.Settings(), new SinkOptions { NewKey = true }, TestDatabase.Token);
        await quarantine.KeysAsync(TestDatabase.Token);
        var entries = await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token);
        Assert.Empty(await quarantine.ListAsync(
            new QuarantineFilter { Reason = "none", Queue = "none", Since = DateTimeOffset.UtcNow, IncludeSettled = true, Max = 3 }, TestDatabase.Token).ToListAsync(TestDatabase.Token));
        var requests = entries.Where(e => e.Source is null).Take(3)
            .Select(e => new RestoreRequest(e, Record(_users++, Logins.Delivery(Guid.Parse(e.MessageId))))).ToList();
        Assert.Equal(3, requests.Count);
        await quarantine.RestoreAsync(requests, TestDatabase.Token);
        await quarantine.DismissAsync([entries[^1]], new Dismissal("it is nobody's"), TestDatabase.Token);
    }

    // An envelope that a run left on: its login's entry in the ledger is another than its message's.
    private async Task UnwrapAsync()
    {
        using var protector = _escrow.Protector(new ProtectOptions { Methods = MaskMethods.Parse("ip=escrow,device_id=escrow") });
        var body = Encoding.UTF8.GetBytes(Envelopes.Sns(WholeRun.Body(user(_users++))));
        await using (var sink = await s_connector.WriteToAsync(database.Settings(), new SinkOptions { NewKey = true }, TestDatabase.Token))
        {
            await sink.WriteAsync(
                [protector.Protect(LoginDecoder.Decode(Logins.Delivery(), body, new DecodeOptions { Envelope = Envelope.None })), .. Fine(3)], TestDatabase.Token);
        }

        await using var quarantine = await s_connector.OpenQuarantineAsync(database.Settings(), new SinkOptions { NewKey = true }, TestDatabase.Token);
        using var replay = new QuarantineReplay(protector, _escrow.PrivatePath, null);
        var entry = (await quarantine.ListAsync(new QuarantineFilter(), TestDatabase.Token).ToListAsync(TestDatabase.Token))[^1];
        Assert.True(replay.TryReplay(entry, out var record, out _));
        await quarantine.RestoreAsync([new RestoreRequest(entry, record)], TestDatabase.Token);
    }

    private async Task RotateAsync()
    {
        await using (var tokens = await database.TokensAsync())
        {
            await tokens.CountTableAsync("ip", TestDatabase.Token);
            await tokens.SampleAsync(TestDatabase.Token);
            await tokens.ReadAsync((await tokens.RangesAsync(100, TestDatabase.Token))[0], [], others: true, TestDatabase.Token);
            Assert.NotEmpty(await tokens.FindAsync("ip", [((LoginRecord)Record(1)).MaskedIp!], TestDatabase.Token).ToListAsync(TestDatabase.Token));
            foreach (var key in (await tokens.KeysAsync(TestDatabase.Token)).Where(k => k.Method != "siv" || (k.Prefix != _keys.OldPrefix(k.Attribute) && k.Prefix != _keys.NewPrefix(k.Attribute))))
            {
                await database.RunAsync($"DELETE FROM login_etl_key WHERE prefix = '{key.Prefix}'; DELETE FROM user_logins WHERE masked_ip::text LIKE '{key.Prefix}%'");
            }
        }

        _keys.Promote();
        await RotatingLogins.RetireAsync(database, _keys);
        Assert.NotEqual(0, (await RotatingLogins.RotateAsync(database, _keys, batchSize: 10)).RowsUpdated);
    }

    private async Task AuditAsync()
    {
        await using var anchor = await s_connector.OpenAnchorAsync(database.Settings(), TestDatabase.Token);
        var added = new AuditAnchor { Number = 1, FileId = Guid.NewGuid(), Line = 1, Mac = new string('a', 64), Place = "host:/audit.jsonl", Link = new string('b', 72) };
        Assert.NotNull(await anchor.AddAsync(added, TestDatabase.Token));
        Assert.NotNull((await anchor.AskAsync(added.FileId, added.Place, TestDatabase.Token)).ToString());
        Assert.Single(await anchor.ListAsync(added.FileId, TestDatabase.Token));
        Assert.Single(await anchor.ListAsync(null, TestDatabase.Token));
        await anchor.WritersAsync(TestDatabase.Token);
        await anchor.RequireApartAsync(TestDatabase.Token);
        await using var vault = await s_connector.OpenVaultAsync(database.Settings(), TestDatabase.Token);
        Assert.Single(await vault.FindAsync("ip", [await database.ReadAsync<string>("SELECT token FROM login_etl_vault WHERE attribute = 'ip' LIMIT 1")], TestDatabase.Token));
    }

    private async Task SubjectAsync()
    {
        // What is sealed would have to be looked into first.
        await database.RunAsync("DELETE FROM login_etl_quarantine WHERE sealed_body IS NOT NULL");
        using var ring = _keys.Open();
        foreach (var (attribute, value) in new[] { ("ip", "10.1.2.3"), ("user_id", user(5)) })
        {
            var subject = Subject.Of(ring, attribute, [new Plaintext(value)]);
            await using var data = await s_connector.OpenSubjectAsync(database.Settings(), subject, SealedFindings.None, TestDatabase.Token);
            await data.CountValuesAsync(TestDatabase.Token);
            Assert.Equal(0, await data.CountSealedAsync(TestDatabase.Token));
            var counts = await data.CountAsync(TestDatabase.Token);
            Assert.Equal(counts.Rows, (await data.RowsAsync(TestDatabase.Token).ToListAsync(TestDatabase.Token)).Count);
            await data.EntriesAsync(TestDatabase.Token).ToListAsync(TestDatabase.Token);
            await data.OriginalsAsync(TestDatabase.Token);
            Assert.Equal(counts, await data.RemoveAsync(new Dismissal("it was asked for"), _ => Task.CompletedTask, TestDatabase.Token));
        }
    }

    private async Task RefusedAsync(string id) =>
        Assert.Equal(id, (await Assert.ThrowsAsync<LoginEtlException>(() => s_connector.WriteToAsync(database.Settings(), new SinkOptions(), TestDatabase.Token))).Id);

    private ProtectedLogin[] Fine(int count) => [.. Enumerable.Range(0, count).Select(_ => Record(_users++))];

    private LoginRecord Record(int i, Delivery? delivery = null)
    {
        var (ip, device) = _keys.Mask($"10.1.2.{Math.Abs(i) % 20}", $"device-{Math.Abs(i) % 20}");
        return new LoginRecord(delivery ?? Logins.Delivery(), ip, device)
        {
            UserId = user(i),
            DeviceType = "ios",
            Locale = i % 2 == 0 ? "DE" : "FR",
            AppVersion = "1.2.3",
            CreateDate = new DateOnly(2026, 11, 21),
        };
    }
}
