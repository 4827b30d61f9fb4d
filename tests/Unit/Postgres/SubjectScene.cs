using System.Text;
using LoginEtl.Audit;
using LoginEtl.Decoding;
using LoginEtl.Keysets;
using LoginEtl.Postgres;
using LoginEtl.Protecting;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Recovery;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Tokens;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Privacy.Recovery;
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
}
