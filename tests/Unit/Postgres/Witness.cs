using System.Text;
using LoginEtl.Audit;
using LoginEtl.Postgres;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;

namespace LoginEtl.Unit.Postgres;

/// <summary>A database, keys and a folder of audit files, and who recovers with them.</summary>
internal sealed class Witness : IAsyncDisposable
{
    /// <summary>What earlier versions made, in the place of what this one makes.</summary>
    public const string OldAnchors =
        """
        DROP TABLE IF EXISTS login_etl_audit_anchor;
        CREATE TABLE login_etl_audit_anchor (
            file_id uuid NOT NULL, line bigint NOT NULL CHECK (line > 0), mac bytea NOT NULL, place text NOT NULL, note text,
            anchored_by text NOT NULL DEFAULT session_user, anchored_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (file_id, line));
        """;

    /// <summary>What an administrator does first who deletes anchors.</summary>
    public const string ByForce = "ALTER TABLE login_etl_audit_anchor DISABLE TRIGGER ALL; ";

    private Witness(TestDatabase database, IAuditAnchor anchor)
    {
        Database = database;
        Anchor = anchor;
        Folder = Directory.CreateDirectory(Path.Combine(Keys.Folder, "..", "audit")).FullName;
    }

    public TestKeys Keys { get; } = new();

    public TestDatabase Database { get; }

    public IAuditAnchor Anchor { get; private set; }

    public string Folder { get; }

    public static async Task<Witness> NewAsync(ServersFixture servers)
    {
        var database = await TestDatabase.InitializedAsync(servers);
        return new Witness(database, await OpenAsync(database.Settings()));
    }

    public static Task<IAuditAnchor> OpenAsync(DatabaseSettings settings) => new PostgresConnector().OpenAnchorAsync(settings, TestDatabase.Token);

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Recovers so many times, each time in a process of its own, as it were.</summary>
    public async Task RecordAsync(string name, int times = 1, IAuditAnchor? anchor = null)
    {
        for (var i = 0; i < times; i++)
        {
            using var log = new AuditLog(PathOf(name), Keys.Ring, anchor ?? Anchor);
            await log.RecordAsync(Entry, TestDatabase.Token);
        }
    }

    public Task<AuditReport> VerifyAsync(string name) => AuditVerification.RunAsync(PathOf(name), Keys.Ring, Anchor, [], TestDatabase.Token);

    public async Task<Guid> IdOfAsync(string name) => (await VerifyAsync(name)).FileId!.Value;

    /// <summary>A file as earlier versions wrote it, and its anchors, in a database as they made it; then it is migrated.</summary>
    public async Task BeginAsOlderVersionAsync(string name, int lines)
    {
        await Database.RunAsync(OldAnchors);
        using var keys = new AuditKeys(Keys.Ring);
        var (id, previous, file) = (Guid.NewGuid(), AuditLine.None, new StringBuilder());
        for (var i = 1; i <= lines; i++)
        {
            var content = $"{{\"line\":{i},\"file\":\"{id}\",\"at\":\"2026-01-02T03:04:05.678Z\",\"reason\":\"old\",\"tokens\":[],\"key\":{keys.Current},\"previous\":\"{previous}\"";
            previous = keys.Mac(keys.Current, Encoding.ASCII.GetBytes(content))!;
            file.Append(content).Append(",\"mac\":\"").Append(previous).Append("\"}\n");
            await Database.RunAsync(
                $"INSERT INTO login_etl_audit_anchor (file_id, line, mac, place) VALUES ('{id}', {i}, decode('{previous}', 'hex'), '{Environment.MachineName}:{PathOf(name)}')");
        }

        await File.WriteAllTextAsync(PathOf(name), $"{file}", TestDatabase.Token);
    }

    /// <summary>Migrates, and goes on with what is there now.</summary>
    public async Task MigrateAsync()
    {
        await Database.InitializeAsync();
        await Anchor.DisposeAsync();
        Anchor = await OpenAsync(Database.Settings());
    }

    public async ValueTask DisposeAsync()
    {
        await Anchor.DisposeAsync();
        Keys.Dispose();
    }

    private static AuditEntry Entry => new() { Command = "Unprotect-LoginPii", Reason = "test", Attributes = ["ip"], Tokens = [] };
}
