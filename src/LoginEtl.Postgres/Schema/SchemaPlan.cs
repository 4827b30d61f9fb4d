using LoginEtl.Faults;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>Finds out what is missing, and the statements that make it.</summary>
internal sealed class SchemaPlan(NpgsqlConnection connection, DatabaseSettings settings, SchemaOptions options)
{
    private const string HasPrimaryKey = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_catalog.to_regclass($1)::oid AND contype = 'p')";

    /// <summary>The table that is meant, and the statements in the order in which they run; none when nothing is missing.</summary>
    /// <exception cref="LoginEtlException"><c>SettingInvalid</c>, <c>TableUnsuitable</c>, <c>SchemaNotFound</c>.</exception>
    public async Task<(QualifiedName Table, List<string> Statements)> MakeAsync(CancellationToken cancellationToken)
    {
        if (options.AlterAppVersion && options.AppVersionColumn != AppVersionColumn.Text)
        {
            throw new LoginEtlException(
                ErrorId.SettingInvalid, "A version column of an existing table is altered to text only.", "Give -AppVersionColumn Text.");
        }

        var live = await LiveTableReader.ReadAsync(connection, settings, cancellationToken).ConfigureAwait(false);
        var name = live?.Name ?? await SearchPath.MeantAsync(connection, settings.Table, cancellationToken).ConfigureAwait(false);
        var existing = await TableNames.ExistingAsync(connection, name.Schema, cancellationToken).ConfigureAwait(false);
        var statements = new List<string>();
        var strangers = live is null
            ? await Strangers.OfSchemaAsync(connection, name.Schema, cancellationToken).ConfigureAwait(false)
            : await Strangers.NamesAsync(connection, live.Name, cancellationToken).ConfigureAwait(false);
        foreach (var stranger in strangers)
        {
            options.Warned?.Invoke($"{name}: {stranger}, and may run code with the rights of whoever reads or writes there. See that this is whom you mean.");
        }

        if (existing is null)
        {
            statements.Add(SchemaStatements.CreateSchema(name.Schema));
            existing = [];
        }

        if (live is null)
        {
            statements.Add(SchemaStatements.CreateTable(name, settings.ColumnNames, options.AppVersionColumn));
        }
        else if (options.AlterAppVersion && HoldsIntegers(live))
        {
            RequireNone(strangers, live, "To alter it runs what stands on it, its checks and indexes, with this user's rights");
            if (await AnalysisPlan.ExistingAsync(connection, name, cancellationToken).ConfigureAwait(false) is { Count: > 0 } views)
            {
                throw new LoginEtlException(
                    ErrorId.TableUnsuitable, $"{string.Join(", ", views)} read the column {live.NameOf(RecordField.AppVersion)}, so its type stays as it is. Nothing was changed.",
                    $"DROP VIEW {string.Join(", ", views.Select(v => name.Beside(v)))}, and make them again by Initialize-LoginDatabase with -Analysis and -Role.");
            }

            statements.Add(SchemaStatements.AlterAppVersion(name, settings.ColumnNames, options.AlterFrom));
        }

        await ForeignObjects.RequireNoneAsync(connection, name, SchemaNames.AllAndIndexes, cancellationToken).ConfigureAwait(false);
        await ForeignObjects.RequireRoomAsync(connection, name, live is null ? SchemaNames.All.Append(name.Name) : SchemaNames.All, cancellationToken).ConfigureAwait(false);
        statements.AddRange(SchemaNames.All.Where(r => !existing.Contains(r)).Select(r => SchemaStatements.Create(name.Beside(r))));
        foreach (var ledger in new[] { SchemaNames.Ledger, SchemaNames.FileLedger }.Where(existing.Contains).Select(name.Beside))
        {
            var columns = await TableNames.ColumnsAsync(connection, ledger, cancellationToken).ConfigureAwait(false);
            if (columns.IsSupersetOf(SchemaNames.LedgerBefore) && !columns.Contains(SchemaNames.SchemaVersion))
            {
                statements.Add(SchemaStatements.AddToLedger(ledger));
            }
        }

        var beside = await CompanionTable.ReadAsync(connection, name, [.. SchemaNames.All.Where(existing.Contains)], cancellationToken).ConfigureAwait(false);
        foreach (var keyless in beside.Where(b => b is { IsUnique: false } and ({ IsLoginEtlTable: true } or { IsOlder: true })))
        {
            var hasPrimary = (await connection.QueryAsync(HasPrimaryKey, [keyless.Name.Quoted], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
            statements.Add(SchemaStatements.AddKey(keyless.Name, hasPrimary));
        }

        var quarantine = name.Beside(SchemaNames.Quarantine);
        if (existing.Contains(SchemaNames.Quarantine)
            && await QuarantineMigration.LackingAsync(connection, quarantine, cancellationToken).ConfigureAwait(false) is { Count: > 0 } lacking)
        {
            statements.Add(SchemaStatements.AddToQuarantine(quarantine, lacking));
        }

        var anchor = name.Beside(SchemaNames.AuditAnchor);
        if (existing.Contains(SchemaNames.AuditAnchor) && await AnchorMigration.IsUnchainedAsync(connection, anchor, cancellationToken).ConfigureAwait(false))
        {
            statements.Add(SchemaStatements.ChainAnchors(anchor));
        }

        statements.AddRange(await KeyMigration.StatementsAsync(connection, name, strangers.Count == 0 ? live : null, existing, cancellationToken).ConfigureAwait(false));
        var prune = new PruneFunction(name);
        var pruning = await prune.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false);
        if (pruning.Stranger is { } owner)
        {
            throw ForeignObjects.Owned(prune.Signature, owner, name);
        }

        if (pruning is not { IsCurrent: true, HasIndexes: true } && await HasLedgerAsync(name, existing, cancellationToken).ConfigureAwait(false))
        {
            statements.Add(prune.Create(pruning));
        }

        var table = live ?? SchemaStatements.NewTable(name, settings.ColumnNames, options.AppVersionColumn);
        var retention = new RetentionPlan(connection, table, existing, options);
        statements.AddRange(await retention.StatementsAsync(isRead: live is not null && strangers.Count == 0, cancellationToken).ConfigureAwait(false));

        statements.AddRange(await SchemaRecordPlan.StatementsAsync(
            connection, name, existing.Contains(SchemaNames.Schema), wasUsed: SchemaNames.All.Any(existing.Contains) || await HasTokensAsync(live, strangers.Count > 0, cancellationToken).ConfigureAwait(false), options.AcceptRestored, cancellationToken).ConfigureAwait(false));
        if (options.Analysis)
        {
            RequireNone(strangers, table, "Who reads a view runs what stands on its table");
            statements.AddRange(await AnalysisPlan.StatementsAsync(connection, table, live is null, options.AppVersionFormat, cancellationToken).ConfigureAwait(false));
        }

        if (options.Roles)
        {
            if (live is not null)
            {
                TargetCheck.RequireColumns(live, RecordField.MaskedIp, RecordField.MaskedDeviceId);
            }

            statements.AddRange(await RoleGrants.MissingAsync(connection, name, settings.ColumnNames, options.Analysis, cancellationToken).ConfigureAwait(false));
            statements.AddRange(new[] { await retention.GrantAsync(RoleGrants.Writer, cancellationToken).ConfigureAwait(false) }.OfType<string>());
        }

        return (name, statements);
    }

    // One that is made now, or is there and ours.
    private async Task<bool> HasLedgerAsync(QualifiedName name, HashSet<string> existing, CancellationToken cancellationToken) =>
        !existing.Contains(SchemaNames.Ledger)
            || (await TableNames.ColumnsAsync(connection, name.Beside(SchemaNames.Ledger), cancellationToken).ConfigureAwait(false)).IsSupersetOf(SchemaNames.LedgerBefore);

    // Nothing else makes any. Where the user does not see all rows, what is beside the table has to do.
    private async Task<bool> HasTokensAsync(LiveTable? live, bool isStrangers, CancellationToken cancellationToken)
    {
        if (live is not { Kind: 'r' or 'p', HasRowSecurity: false } || isStrangers
            || live.Find(RecordField.MaskedIp) is not { IsSelectable: true } || live.Find(RecordField.MaskedDeviceId) is not { IsSelectable: true })
        {
            return false;
        }

        var columns = new TokenColumns(live);
        return (await connection.QueryAsync(
            $"SELECT EXISTS (SELECT FROM {live.Name.Quoted} WHERE {TokenColumns.Prefix($"{columns.Ip}::text")} IS NOT NULL OR {TokenColumns.Prefix($"{columns.DeviceId}::text")} IS NOT NULL)",
            [], r => r.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
    }

    private static void RequireNone(List<string> strangers, LiveTable live, string why)
    {
        if (strangers.Count > 0)
        {
            throw new LoginEtlException(
                ErrorId.ForeignObject, $"{live.Name}: {string.Join("; ", strangers)}. {why}. Nothing was changed.", "Run it as the owner of the table, or let the owner do it.");
        }
    }

    private static bool HoldsIntegers(LiveTable live)
    {
        var column = live.Find(RecordField.AppVersion) ?? throw new LoginEtlException(
            ErrorId.TableUnsuitable, $"{live.Name} has no column {live.NameOf(RecordField.AppVersion)} that could become text.",
            "Leave -AppVersionColumn out, or say what the table calls it with -ColumnName @{ app_version = '…' }.");
        return column.Type is ColumnType.Int2 or ColumnType.Int4 or ColumnType.Int8;
    }
}
