using System.Text;
using LoginEtl.Audit;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database with logins of one person and of others, under old and new keys of every method, and in quarantine.</summary>
internal sealed class SubjectScene : IAsyncDisposable
{
    public const string Ip = "203.0.113.77";
    public const string Device = "canary-device-é";
    public const string User = "canary \"user\" ü";

    private static readonly string[] s_methods = ["", "ip=pfx", "ip=mac,device_id=mac", "ip=escrow,device_id=escrow"];

    private SubjectScene(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public RotatingKeys Keys { get; } = new();

    public string AuditPath => Path.Combine(Keys.Folder, "..", "audit.jsonl");

    public string EscrowPath => Path.Combine(Path.GetDirectoryName(Keys.PrivatePath)!, "escrow.json");

    public string Folder => Directory.CreateDirectory(Path.Combine(Keys.Folder, "..", "exports")).FullName;

    /// <summary>All that was written, to be delivered again.</summary>
    public List<ProtectedLogin> Written { get; } = [];

    /// <summary>What there is of the person: rows, entries with a record, sealed ones, and originals of their own values.</summary>
    public (long Rows, long Records, long Sealed) Theirs { get; private set; }

    public static async Task<SubjectScene> NewAsync(ServersFixture servers, string? table = null)
    {
        var scene = new SubjectScene(await TestDatabase.InitializedAsync(servers, table));
        foreach (var methods in s_methods)
        {
            await scene.WriteAsync(methods, (User, Ip, Device), ("another", "10.0.0.1", "another-device"), ("short", "203.0.113.7", "canary-device"));
        }

        // Under newer keys, too: what is of siv has another token from here on.
        scene.Keys.Promote();
        await RotatingLogins.RetireAsync(scene.Database, scene.Keys);
        await scene.WriteAsync("", (User, $"::ffff:{Ip}", Device), ("another", "10.0.0.1", "another-device"));
        await scene.QuarantineAsync(
            Login(User, Ip, Device, version: "x.y"), Login("another", "10.0.0.1", "another-device", version: "x.y"),
            $"nonsense of {User.Replace("\"", "\\\"", StringComparison.Ordinal)} from {Ip} with {Device}", "nonsense from 203.0.113.7 of another");
        scene.Theirs = (s_methods.Length + 1, 1, 1);
        return scene;
    }

    public static string Login(string user, string ip, string device, string version = "1.2.3") =>
        $$"""{"user_id":{{System.Text.Json.JsonSerializer.Serialize(user)}},"app_version":"{{version}}","device_type":"ios","ip":"{{ip}}","locale":"DE","device_id":{{System.Text.Json.JsonSerializer.Serialize(device)}}}""";

    public static string Value(string attribute) => attribute switch { "ip" => Ip, "device_id" => Device, _ => User };

    public async Task WriteAsync(string methods, params (string User, string Ip, string Device)[] logins)
    {
        var batch = Protect(methods, [.. logins.Select(l => Login(l.User, l.Ip, l.Device))]);
        Assert.All((await DeliverAsync(batch)).Outcomes, o => Assert.Equal(Outcome.Written, o));
        Written.AddRange(batch);
    }

    public async Task QuarantineAsync(params string[] bodies)
    {
        var batch = Protect("", bodies);
        Assert.All((await DeliverAsync(batch)).Outcomes, o => Assert.Equal(Outcome.Quarantined, o));
        Written.AddRange(batch);
    }

    public async Task<BatchResult> DeliverAsync(IReadOnlyList<ProtectedLogin> batch)
    {
        await using var sink = await Database.SinkAsync(new SinkOptions { NewKey = true });
        return await sink.WriteAsync(batch, TestDatabase.Token);
    }

    public Subject Subject(string attribute, Keyring? ring = null)
    {
        using var own = ring is null ? Keys.Open() : null;
        return LoginEtl.Subjects.Subject.Of(ring ?? own!, attribute, [new Plaintext(Value(attribute))]);
    }

    /// <summary>Exports to a folder of that name, with both private keys unless told.</summary>
    public async Task<SubjectReceipt> ExportAsync(string attribute, string name, bool opens = true, DatabaseSettings? settings = null)
    {
        settings ??= Database.Settings();
        using var ring = Keys.Open();
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(settings, TestDatabase.Token);
        using var audit = new AuditLog(AuditPath, ring, anchor);
        var subject = Subject(attribute, ring);
        var findings = opens ? await LookAsync(audit, subject, settings) : SealedFindings.None;
        await using var data = await new PostgresConnector().OpenSubjectAsync(settings, subject, findings, TestDatabase.Token);
        await using var vault = await new PostgresConnector().OpenVaultAsync(settings, TestDatabase.Token);
        using var escrow = EscrowKey.Read(EscrowPath);
        using var opener = new TokenRecovery(ring, audit, Options with { Escrow = escrow, Vault = vault });
        var export = new SubjectExport(data, audit, Options) { Opener = opens ? opener : null };
        return await export.RunAsync(new SubjectFolder(Path.Combine(Folder, name)), subject, findings, TestDatabase.Token);
    }

    /// <summary>Removes with the quarantine's private key, unless told.</summary>
    /// <param name="attribute">By which the person is known.</param>
    /// <param name="opens">Looks into sealed bodies.</param>
    /// <param name="settings">Another account's, or another way.</param>
    /// <param name="witnessed">Is awaited once the audit says that it was begun.</param>
    public async Task<RemovalReceipt> RemoveAsync(string attribute, bool opens = true, DatabaseSettings? settings = null, Func<Task>? witnessed = null)
    {
        settings ??= Database.Settings();
        using var ring = Keys.Open();
        await using var anchor = await new PostgresConnector().OpenAnchorAsync(settings with { Database = Database.Settings().Database }, TestDatabase.Token);
        using var audit = new AuditLog(AuditPath, ring, anchor);
        var subject = Subject(attribute, ring);
        var findings = opens ? await LookAsync(audit, subject, settings with { Database = Database.Settings().Database }) : SealedFindings.None;
        await using var data = await new PostgresConnector().OpenSubjectAsync(settings, subject, findings, TestDatabase.Token);
        return await new SubjectRemoval(witnessed is null ? data : new Watched(data, witnessed), audit, Options).RunAsync(subject, TestDatabase.Token);
    }

    /// <summary>What would be removed.</summary>
    public async Task<RemovalReceipt> PlanAsync(string attribute, SealedFindings? findings = null)
    {
        await using var data = await new PostgresConnector().OpenSubjectAsync(Database.Settings(), Subject(attribute), findings ?? SealedFindings.None, TestDatabase.Token);
        return await SubjectRemoval.PlanAsync(data, Subject(attribute), TestDatabase.Token);
    }

    /// <summary>Looks for all that may stand for the person in every column of every table, as text; by table and column.</summary>
    public async Task<string[]> FindEverywhereAsync()
    {
        var values = new[] { "ip", "device_id", "user_id" }.SelectMany(a => Subject(a).Stored()).Concat([Ip, Device, User, "canary"]);
        var columns = await Database.ReadAsync<string[]>(
            "SELECT array_agg(format('%I.%I', c.table_name, c.column_name)) FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'");
        var found = new List<string>();
        await using var connection = await Database.OpenAsync();
        foreach (var column in columns)
        {
            // 10.0.0.7 is no part of 10.0.0.77, in a token of pfx neither.
            await using var command = new NpgsqlCommand($"SELECT count(*) FROM {column[..column.IndexOf('.', StringComparison.Ordinal)]} WHERE EXISTS (SELECT FROM unnest($1) w WHERE position(w IN {column}::text) > 0 AND substr({column}::text, position(w IN {column}::text) + length(w), 1) !~ '[0-9]')", connection) { Parameters = { new() { Value = values.ToArray() } } };
            if ((long)(await command.ExecuteScalarAsync(TestDatabase.Token))! > 0)
            {
                found.Add(column);
            }
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    public async Task<SealedFindings> LookAsync(AuditLog audit, Subject subject, DatabaseSettings? settings = null)
    {
        await using var quarantine = await new PostgresConnector().OpenQuarantineAsync(settings ?? Database.Settings(), new SinkOptions(), TestDatabase.Token);
        using var bodies = new BodyRecovery(Keys.PrivatePath, audit, Options);
        return await new SealedSearch(quarantine, bodies).RunAsync(subject, _ => { }, TestDatabase.Token);
    }

    public static RecoveryOptions Options => new() { Command = "Test", Reason = "Request 12" };

    public async ValueTask DisposeAsync()
    {
        Keys.Dispose();
        await ValueTask.CompletedTask;
    }

    private ProtectedLogin[] Protect(string methods, string[] bodies)
    {
        using var ring = Keys.Open();
        using var protector = new Protector(ring, new ProtectOptions { Methods = MaskMethods.Parse(methods) });
        return protector.Protect([.. bodies.Select(b => LoginDecoder.Decode(Logins.Delivery(), Encoding.UTF8.GetBytes(b)))]);
    }

    // Between the audit's line and the COMMIT something else happens.
    private sealed class Watched(ISubjectData data, Func<Task> witnessed) : ISubjectData
    {
        public string Name => data.Name;

        public Task<IReadOnlyList<PrefixCount>> CountValuesAsync(CancellationToken cancellationToken) => data.CountValuesAsync(cancellationToken);

        public Task<long> CountSealedAsync(CancellationToken cancellationToken) => data.CountSealedAsync(cancellationToken);

        public IAsyncEnumerable<string> RowsAsync(CancellationToken cancellationToken) => data.RowsAsync(cancellationToken);

        public IAsyncEnumerable<SubjectEntry> EntriesAsync(CancellationToken cancellationToken) => data.EntriesAsync(cancellationToken);

        public Task<SubjectCounts> CountAsync(CancellationToken cancellationToken) => data.CountAsync(cancellationToken);

        public Task<IReadOnlyList<SubjectOriginal>> OriginalsAsync(CancellationToken cancellationToken) => data.OriginalsAsync(cancellationToken);

        public Task<SubjectCounts> RemoveAsync(Dismissal dismissal, Func<SubjectCounts, Task> witness, CancellationToken cancellationToken) => data.RemoveAsync(
            dismissal,
            async counts =>
            {
                await witness(counts);
                await witnessed();
            },
            cancellationToken);

        public ValueTask DisposeAsync() => default;
    }
}
