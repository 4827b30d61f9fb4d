using LoginEtl.Audit;
using LoginEtl.Checks;
using LoginEtl.Contract;
using LoginEtl.Export;
using LoginEtl.History;
using LoginEtl.Ports;
using LoginEtl.Postgres.Auditing;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Checks;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Export;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.History;
using LoginEtl.Postgres.Recovery;
using LoginEtl.Postgres.Restoring;
using LoginEtl.Postgres.Rotation;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Subjects;
using LoginEtl.Postgres.Targets;
using LoginEtl.Postgres.Writing;
using LoginEtl.Quarantine;
using LoginEtl.Recovery;
using LoginEtl.Rotation;
using LoginEtl.Run;
using LoginEtl.Settings;
using LoginEtl.Subjects;
using LoginEtl.Versions;
using Npgsql;

namespace LoginEtl.Postgres;

/// <summary>Opens PostgreSQL databases.</summary>
public sealed class PostgresConnector : IDatabaseConnector
{
    /// <inheritdoc/>
    public bool CarriesPassword(SecretText database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Database.CarriesPassword(database.Reveal());
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListTablesAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        ListAsync(settings, connection => NameListing.TablesAsync(connection, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListUniqueKeysAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        ListAsync(settings, connection => NameListing.UniqueKeysAsync(connection, settings.Table, cancellationToken), cancellationToken);

    private static async Task<T> ListAsync<T>(DatabaseSettings settings, Func<NpgsqlConnection, Task<T>> list, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var database = Database.From(settings);
        await using var _ = database.ConfigureAwait(false);
        return await database.UseAsync(list, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IRecordSink> WriteToAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await OpenAsync(settings, async database =>
        {
            var table = await CheckAsync(database, settings, options, cancellationToken).ConfigureAwait(false);
            return new PostgresSink(database, table, settings, options);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ILedger> OpenLedgerAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await OpenAsync(settings, async database =>
        {
            var table = await CheckAsync(database, settings, options, cancellationToken).ConfigureAwait(false);
            return new PostgresLedger(database, table.Target.Name, settings, options);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> InitializeAsync(
        DatabaseSettings settings, SchemaOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        var database = Database.From(settings);
        await using var _ = database.ConfigureAwait(false);
        return await new SchemaInstaller(database, settings, options).InstallAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ApprovedTable> CheckAsync(
        Database database, DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.RetryFor);
        while (true)
        {
            try
            {
                var connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using var _ = connection.ConfigureAwait(false);
                return await Preflight.CheckAsync(connection, settings, options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
            {
                // A server that is starting or full answers so; one that is not there is more likely a wrong name.
                var mayPass = e is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections }
                    || (e is PostgresException refusal && PoolerRefusal.IsBusy(refusal));
                if (!mayPass || !await backoff.WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    throw DatabaseFault.From(e, database.Endpoint);
                }
            }
        }
    }

    /// <inheritdoc/>
    public Task<ITableRules> ReadRulesAsync(DatabaseSettings settings, AppVersionFormat format, CancellationToken cancellationToken) =>
        ListAsync<ITableRules>(settings, async connection => TableRules.Of(await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false), format), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Check>> CheckAsync(
        DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(options);
        return new DatabaseChecks(settings, options, TimeProvider.System).RunAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IQuarantine> OpenQuarantineAsync(DatabaseSettings settings, SinkOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await OpenAsync(settings, database => PostgresQuarantine.OpenAsync(database, settings, options, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LoginRun>> ListRunsAsync(DatabaseSettings settings, RunFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return await ListAsync<IReadOnlyList<LoginRun>>(
            settings,
            async connection =>
            {
                var table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
                var (runs, _) = await CompanionTable.ReadRunsAsync(connection, table.Name, cancellationToken).ConfigureAwait(false);
                runs.RequireLoginEtlTable();
                await ForeignObjects.RequireNoneAsync(connection, table.Name, [SchemaNames.Runs], cancellationToken).ConfigureAwait(false);
                return await RunRow.ListAsync(connection, runs.Name, filter, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RunProof> ProveRunsAsync(DatabaseSettings settings, IReadOnlyList<ReceiptLink> links, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(links);
        var database = Database.From(settings);
        await using var _ = database.ConfigureAwait(false);
        return await RunProver.ProveAsync(database, settings, links, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ITokenTable> OpenTokensAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        await OpenAsync(settings, database => PostgresTokens.OpenAsync(database, settings, cancellationToken)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<ILoginExport> OpenExportAsync(DatabaseSettings settings, ExportFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return await OpenAsync(settings, database => PostgresExport.OpenAsync(database, settings, filter, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ISubjectData> OpenSubjectAsync(DatabaseSettings settings, Subject subject, SealedFindings opened, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(opened);
        return await OpenAsync(settings, database => PostgresSubject.OpenAsync(database, settings, subject, opened, cancellationToken)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IVault> OpenVaultAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        await OpenAsync(settings, database => PostgresVault.OpenAsync(database, settings, cancellationToken)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IAuditAnchor> OpenAnchorAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        await OpenAsync(settings, database => PostgresAnchor.OpenAsync(database, settings, cancellationToken)).ConfigureAwait(false);

    private static async Task<T> OpenAsync<T>(DatabaseSettings settings, Func<Database, Task<T>> open)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var database = Database.From(settings);
        try
        {
            return await open(database).ConfigureAwait(false);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
