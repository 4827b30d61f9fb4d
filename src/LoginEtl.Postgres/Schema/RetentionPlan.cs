using System.Globalization;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Schema;

/// <summary>What it takes to keep things no longer than is wished.</summary>
/// <param name="connection">Open.</param>
/// <param name="table">The user's, as it is or will be.</param>
/// <param name="existing">What is there beside it.</param>
/// <param name="options">With the retention; where it has none, nothing is changed.</param>
internal sealed class RetentionPlan(NpgsqlConnection connection, LiveTable table, HashSet<string> existing, SchemaOptions options)
{
    /// <summary>The statements; none where it is so already. Says how much goes with the next runs.</summary>
    /// <param name="isRead">The user's table is there, and nobody's code runs where it is read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>ForeignObject</c>, <c>TableUnsuitable</c>, <c>LedgerUnsuitable</c>.</exception>
    public async Task<List<string>> StatementsAsync(bool isRead, CancellationToken cancellationToken)
    {
        var found = await RetainFunction.FindAsync(connection, table, cancellationToken).ConfigureAwait(false);
        if (found is not null && await found.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false) is { Stranger: { } owner })
        {
            throw ForeignObjects.Owned(found.Signature, owner, table.Name);
        }

        if (options.Retention is not { } retention)
        {
            return [];
        }

        if (retention == Retention.None)
        {
            return found is null ? [] : [$"DROP FUNCTION {found.Signature}"];
        }

        await RequireKeptAsync(retention, cancellationToken).ConfigureAwait(false);
        var wanted = new RetainFunction(table, retention);
        var state = await wanted.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false);
        if (state is { IsCurrent: true, HasIndexes: true })
        {
            return [];
        }

        if (isRead)
        {
            await WarnAsync(wanted, cancellationToken).ConfigureAwait(false);
        }

        return [wanted.Create(state)];
    }

    /// <summary>The statement that lets a role call the function; null where it may, or there will be none.</summary>
    public async Task<string?> GrantAsync(string role, CancellationToken cancellationToken)
    {
        var function = options.Retention is { } retention ? new RetainFunction(table, retention) : await RetainFunction.FindAsync(connection, table, cancellationToken).ConfigureAwait(false);
        return function is null || function.Retention == Retention.None && options.Retention is not null
            || (await function.StateAsync(connection, role, cancellationToken).ConfigureAwait(false)).IsGranted ? null : function.Grant(role);
    }

    private async Task RequireKeptAsync(Retention retention, CancellationToken cancellationToken)
    {
        if (retention.Rows is not null)
        {
            TargetCheck.RequireTable(table);
            TargetCheck.RequireColumns(table, RecordField.CreateDate);
            TargetCheck.RequireRoom(table, new TargetColumn(RecordField.CreateDate, table.Find(RecordField.CreateDate)!));
        }

        string[] kept = [.. retention.Quarantine is null ? [] : new[] { SchemaNames.Quarantine }, .. retention.Vault is null ? [] : new[] { SchemaNames.Vault }];
        foreach (var beside in await CompanionTable.ReadAsync(connection, table.Name, [.. kept.Where(existing.Contains)], cancellationToken).ConfigureAwait(false))
        {
            beside.RequireLoginEtlTable();
        }
    }

    private async Task WarnAsync(RetainFunction function, CancellationToken cancellationToken)
    {
        var counts = await function.CountOldAsync(connection, later: 0, long.MaxValue, cancellationToken).ConfigureAwait(false);
        if (counts.Any(c => c.Count > 0))
        {
            options.Warned?.Invoke(
                $"{table.Name}: older than the retention ({function.Retention}) are by now, and go with the next runs: {string.Join(", ", counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Kind} {c.Count:N0}")))}.");
        }
    }
}
