using System.Globalization;
using LoginEtl.Checks;
using LoginEtl.Faults;
using LoginEtl.Postgres.Auditing;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Keys;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Checks;

/// <summary>Everything about a database that a run depends on, one check each; reads only.</summary>
internal sealed class DatabaseChecks(DatabaseSettings settings, SinkOptions options, TimeProvider time)
{
    private const string Server = "Database server";
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(60);

    private readonly CheckList _list = new();

    /// <summary>Runs them, as far as what they look at is there.</summary>
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var database = Database.From(settings);
            await using var _ = database.ConfigureAwait(false);
            await RunAsync(database, cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException fault)
        {
            // A text that is no table's name is not sent to the server.
            _list.Fail(fault.Error == ErrorId.InvalidTableName ? "Table" : Server, fault);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _list.Fail(Server, LoginEtlException.Unexpected(e));
        }

        return _list.Checks;
    }

    private Task<int> RunAsync(Database database, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            // A transaction, and not a setting of the session: behind a pooler the session goes to others afterwards.
            await connection.RunAsync("BEGIN READ ONLY", cancellationToken).ConfigureAwait(false);
            var before = time.GetUtcNow();
            var server = await LiveServer.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            CheckServer(database, server);
            CheckClock(server, before, time.GetUtcNow());
            await CheckTableAsync(connection, server, cancellationToken).ConfigureAwait(false);
            await connection.RunAsync("ROLLBACK", cancellationToken).ConfigureAwait(false);
            return 0;
        },
        cancellationToken);

    private void CheckServer(Database database, LiveServer server)
    {
        _list.Require(
            Server, string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {server.Version / 10000}.{server.Version % 10000} at {database.Endpoint}"),
            server.RequireUsable);
        var state = server.IsEncrypted ? "encrypted" : "not encrypted";
        if (database.IsLocal || database.IsVerified)
        {
            _list.Add("Database TLS", $"{state}; {(database.IsVerified ? "the server's certificate is verified" : "the server is on this machine")}");
        }
        else
        {
            _list.Add(
                "Database TLS", $"{state}; nothing verifies that the server is the one meant",
                "Leave the SSL mode out, or say VerifyFull; name your own authority with -RootCertificate.");
        }

        _list.Require("Database encoding", server.Encoding, server.RequireEncoding);
    }

    private void CheckClock(LiveServer server, DateTimeOffset before, DateTimeOffset after)
    {
        // What the answer's way took is not the clock's fault.
        var now = new DateTimeOffset(server.Now, TimeSpan.Zero);
        var skew = now < before ? before - now : now > after ? now - after : TimeSpan.Zero;
        _list.Add(
            "Database clock", string.Create(CultureInfo.InvariantCulture, $"{skew.TotalSeconds:0} s apart from this machine's"),
            skew > LargestSkew ? "Synchronise the clocks: what is too old for the ledger goes by the server's." : null);
    }

    private async Task CheckTableAsync(NpgsqlConnection connection, LiveServer server, CancellationToken cancellationToken)
    {
        LiveTable table;
        try
        {
            table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
        }
        catch (LoginEtlException fault)
        {
            _list.Require("Durability", Durability(server), server.RequireDurable);
            _list.Fail("Table", fault);
            return;
        }

        var beside = await CompanionTable.ReadAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        var there = beside.Where(b => b is { Exists: true, IsLoginEtlTable: true }).ToList();
        var lasting = await CompanionTable.ReadAsync(connection, table.Name, [SchemaNames.Schema, SchemaNames.AuditAnchor, SchemaNames.Vault], cancellationToken).ConfigureAwait(false);
        Action[] durable = [server.RequireDurable, () => TargetCheck.RequireDurable(table), .. there.Concat(lasting.Where(b => b.Exists)).Select<CompanionTable, Action>(b => b.RequireDurable)];
        if (_list.Require("Durability", Durability(server), durable) && !server.FullPageWrites)
        {
            _list.Add("Full page writes", "full_page_writes = off: a crash may leave torn pages", "Set full_page_writes = on, unless the file system never tears pages.");
        }

        _list.Require("Table", $"{table.Name}", () => TargetCheck.RequireTable(table));
        new TableChecks(_list, table, options).Run(there, await AnalysisPlan.AroundRowSecurityAsync(connection, table.Name, cancellationToken).ConfigureAwait(false));
        // What others made is not read: a view, say, would run their code.
        var isTrusted = await CheckOwnersAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        if (beside.Any(b => b.Exists && b.Name.Name == SchemaNames.Ledger))
        {
            await CheckSchemaAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        }

        await CheckBesideAsync(connection, beside, cancellationToken).ConfigureAwait(false);
        if (there.FirstOrDefault(b => b.Name.Name == SchemaNames.Keys)?.Name is { } keys && !await KeyRegistration.IsGrantedAsync(connection, keys, cancellationToken).ConfigureAwait(false))
        {
            _list.Add("Key register", "the user may not register a key: runs go on under those that the database knows alone", KeyRegistration.Grant(keys));
        }

        var (runs, receipts) = await CompanionTable.ReadRunsAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        _list.Add("Run history", runs.WhyForgotten is var (why, remedy) ? $"runs are not remembered: {why}" : $"{runs.Name}", runs.WhyForgotten?.Remedy);
        _list.Add("Receipts", receipts.WhyForgotten is var (gap, cure) ? $"receipts are not chained: {gap}" : $"{receipts.Name}", receipts.WhyForgotten?.Remedy);
        var functions = new FunctionChecks(_list, connection, table);
        await functions.CheckPruningAsync(cancellationToken).ConfigureAwait(false);
        await functions.CheckRetentionAsync(isTrusted, cancellationToken).ConfigureAwait(false);
        await CheckAnchorAsync(connection, table, cancellationToken).ConfigureAwait(false);
        if (options.UseVault)
        {
            await CheckVaultAsync(connection, table, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckSchemaAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        const string Name = "Schema";
        try
        {
            var schema = await SchemaRecord.RequireAsync(connection, table, cancellationToken).ConfigureAwait(false);
            _list.Add(
                Name, schema.Notice ?? $"version {schema.Version}, in the database and on the server where it was recorded",
                schema.Notice is null ? null : "Look for what may be missing as docs/recovery.md says. The next run records the history as it is.");
        }
        catch (LoginEtlException fault)
        {
            _list.Fail(Name, fault);
        }
    }

    private async Task CheckBesideAsync(NpgsqlConnection connection, IReadOnlyList<CompanionTable> beside, CancellationToken cancellationToken)
    {
        const string Name = "Ledgers, quarantine and keys";
        var quarantine = beside.Single(b => b.Name.Name == SchemaNames.Quarantine).Name;
        var lacking = beside.All(b => b is { Exists: true, IsLoginEtlTable: true })
            ? await QuarantineMigration.LackingAsync(connection, quarantine, cancellationToken).ConfigureAwait(false)
            : [];
        if (lacking.Count == 0)
        {
            _list.Require(Name, string.Join(", ", beside.Select(b => b.Name)), beside.SelectMany(b => new Action[] { b.RequireLoginEtlTable, b.RequireUnique }));
            return;
        }

        _list.Add(
            Name,
            $"{quarantine} was made by an earlier version and lacks {string.Join(", ", lacking.Select(c => c.Name))}: runs go on, and what is in it can be neither seen nor settled",
            "Run Initialize-LoginDatabase, which adds them.");
    }

    // Whether nothing there is a stranger's.
    private async Task<bool> CheckOwnersAsync(NpgsqlConnection connection, QualifiedName table, CancellationToken cancellationToken)
    {
        if (await RoleGrants.StrangerAsync(connection, cancellationToken).ConfigureAwait(false) is { } role)
        {
            _list.Add("Roles", role.Message, role.Remedy);
        }

        const string Name = "Owners";
        var foreign = await ForeignObjects.FindAsync(connection, table, SchemaNames.AllAndIndexes, cancellationToken).ConfigureAwait(false);
        var triggers = await Strangers.TriggerRightsAsync(connection, table, cancellationToken).ConfigureAwait(false);
        if (triggers.Count > 0)
        {
            _list.Add(Name, string.Join("; ", triggers), "REVOKE TRIGGER and REFERENCES on these tables, and see what default privileges give away (ALTER DEFAULT PRIVILEGES): a trigger there, or a foreign key to one of them, ends runs, restores and recoveries.");
        }

        if (!_list.Require(
            Name, "the relations beside the table belong to whom the table, its schema or the database does, and nothing of others is on them",
            [.. foreign.Select<LoginEtlException, Action>(f => () => throw f)]))
        {
            return false;
        }

        var strangers = await Strangers.NamesAsync(connection, table, cancellationToken).ConfigureAwait(false);
        if (strangers.Count > 0)
        {
            _list.Add(
                Name, $"{table}: {string.Join("; ", strangers)}. They own neither its schema nor the database",
                "See that they are whom you mean: what they put there (triggers, policies, types) runs with the rights of whoever reads or writes the table. REVOKE CREATE ON SCHEMA …, and TRIGGER on the table, keep others from it.");
        }

        return strangers.Count == 0;
    }

    private async Task CheckAnchorAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        var anchor = table.Name.Beside(SchemaNames.AuditAnchor);
        var columns = await TableNames.ColumnsAsync(connection, anchor, cancellationToken).ConfigureAwait(false);
        var isOurs = columns.IsSupersetOf(SchemaNames.AuditAnchorColumns);
        var writers = isOurs ? string.Join(", ", await AnchorRights.WritersAsync(connection, anchor.Quoted, cancellationToken).ConfigureAwait(false)) : "";
        _list.Add(
            "Audit anchor",
            !isOurs ? $"there is no {anchor} as this version makes it: runs do without it, and nothing can be recovered"
                : writers.Length > 0 ? $"{writers} may change {anchor}, or make up who recovered and when"
                : $"{anchor}",
            !isOurs ? "Run Initialize-LoginDatabase."
                : writers.Length > 0 ? "Run Initialize-LoginDatabase -Role, and revoke what remains: SELECT, and INSERT of single columns without anchored_by and anchored_at, are enough."
                : null);
    }

    private async Task CheckVaultAsync(NpgsqlConnection connection, LiveTable table, CancellationToken cancellationToken)
    {
        var vault = await CompanionTable.ReadVaultAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
        Action[] requirements = vault is { Exists: true, IsLoginEtlTable: true } ? [vault.RequireDurable, vault.RequireGranted] : [vault.RequireLoginEtlTable];
        _list.Require("Vault", $"{vault.Name}", requirements);
    }

    private static string Durability(LiveServer server) =>
        $"fsync is on, synchronous_commit is {server.SynchronousCommit}{(server.SynchronousCommit == "off" ? ", which every run raises to on" : "")}";
}
