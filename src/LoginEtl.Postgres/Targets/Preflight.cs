using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>What must hold before the first message is taken for a table: server, table, ledgers, rights, durability.</summary>
internal static class Preflight
{
    /// <exception cref="LoginEtlException">Something stands against writing.</exception>
    /// <exception cref="NpgsqlException">The server failed; not yet in the module's words.</exception>
    public static async Task<ApprovedTable> CheckAsync(
        NpgsqlConnection connection, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        var (target, besides, schema) = await RequireAsync(connection, settings, options, cancellationToken).ConfigureAwait(false);
        foreach (var beside in besides)
        {
            beside.RequireGranted();
        }

        if (options.UseVault)
        {
            await CompanionTable.RequireVaultAsync(connection, target.Name, cancellationToken).ConfigureAwait(false);
        }

        var (runs, receipts) = await CompanionTable.ReadRunsAsync(connection, target.Name, cancellationToken).ConfigureAwait(false);
        return new ApprovedTable(
            target, schema, runs.WhyForgotten is var (detail, remedy) ? $"Runs are not remembered: {detail}. {remedy}" : null,
            receipts.WhyForgotten is var (gap, cure) ? $"Receipts are not chained, so Test-LoginRun proves nothing of this run: {gap}. {cure}" : null);
    }

    /// <summary>The same for who restores: needs fewer rights beside the table, and no vault before the first original.</summary>
    /// <exception cref="LoginEtlException">Something stands against writing.</exception>
    /// <exception cref="NpgsqlException">The server failed; not yet in the module's words.</exception>
    public static async Task<TargetTable> CheckToRestoreAsync(
        NpgsqlConnection connection, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken) =>
        (await RequireAsync(connection, settings, options, cancellationToken).ConfigureAwait(false)).Target;

    private static async Task<(TargetTable Target, IReadOnlyList<CompanionTable> Besides, SchemaRecord Schema)> RequireAsync(
        NpgsqlConnection connection, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        var server = await LiveServer.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        server.RequireUsable();
        server.RequireEncoding();
        server.RequireDurable();
        var target = TargetCheck.Match(await FindAsync(connection, settings, cancellationToken).ConfigureAwait(false), options);
        var besides = await CompanionTable.ReadAsync(connection, target.Name, cancellationToken).ConfigureAwait(false);
        // Where there is no ledger nobody has initialised anything.
        var ledger = besides.First(b => b.Name.Name == SchemaNames.Ledger);
        if (!ledger.Exists)
        {
            ledger.RequireLoginEtlTable();
        }

        var schema = await SchemaRecord.RequireAsync(connection, target.Name, cancellationToken, options.UseVault ? [.. SchemaNames.TrustedByRuns, SchemaNames.Vault] : SchemaNames.TrustedByRuns).ConfigureAwait(false);
        await CompanionTable.RequireDurableAsync(connection, target.Name, [SchemaNames.Schema], cancellationToken).ConfigureAwait(false);
        foreach (var beside in besides)
        {
            beside.RequireLoginEtlTable();
            beside.RequireUnique();
            beside.RequireDurable();
        }

        return (target, besides, schema);
    }

    /// <summary>The table that the settings name.</summary>
    /// <exception cref="LoginEtlException"><c>TableNotFound</c>, <c>InvalidTableName</c>, <c>SchemaNotFound</c>.</exception>
    public static async Task<LiveTable> FindAsync(NpgsqlConnection connection, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            if (await LiveTableReader.ReadAsync(connection, settings, cancellationToken).ConfigureAwait(false) is { } table)
            {
                return table;
            }
        }
        catch (PostgresException e) when (TableNames.IsOfAnotherDatabase(e))
        {
            throw TableNames.OfAnotherDatabase();
        }
        catch (PostgresException e) when (TableNames.IsInvalid(e))
        {
            throw TableNameText.Invalid();
        }

        throw new LoginEtlException(
            ErrorId.TableNotFound, $"There is no table {(Quotable.IsTable(settings.Table) ? settings.Table : "of the name that was given")} in the database.",
            "Create it with Initialize-LoginDatabase, or name another with -Table; a name with capitals needs double quotes.");
    }
}

/// <summary>A table that may be written to.</summary>
/// <param name="Target">It.</param>
/// <param name="Schema">What the database says of itself.</param>
/// <param name="WhyForgotten">Why a run that writes there is not remembered, in sentences; null where it is.</param>
/// <param name="WhyUnchained">Why its receipt is not chained to those before, in sentences; null where it is.</param>
internal sealed record ApprovedTable(TargetTable Target, SchemaRecord Schema, string? WhyForgotten, string? WhyUnchained);
