using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using LoginEtl.Export;
using LoginEtl.Faults;
using LoginEtl.Postgres.Analysis;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Export;

/// <summary>Rows of a PostgreSQL table in one snapshot.</summary>
internal sealed class PostgresExport : ILoginExport
{
    // What .NET and Parquet have no day for, infinity say, is none.
    private const string Day = "CASE WHEN day BETWEEN '0001-01-01'::date AND '9999-12-31'::date THEN day END AS day";

    private const int CopyChunk = 64 * 1024;

    private readonly Database _database;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly string _query;

    private PostgresExport(Database database, NpgsqlConnection connection, NpgsqlTransaction transaction, LiveTable table, string query, long rows) =>
        (_database, _connection, _transaction, Name, _query, Rows) = (database, connection, transaction, table.Name.ToString(), query, rows);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Rows { get; }

    /// <summary>Takes the snapshot and looks at all that is in it.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the table's name.</param>
    /// <param name="filter">Which rows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="LoginEtlException">
    /// <c>ValuesNotMasked</c>: masked columns hold what is no token. <c>RowSecurity</c>, <c>TableAccessDenied</c>, <c>TableUnsuitable</c>.
    /// </exception>
    public static async Task<PostgresExport> OpenAsync(Database database, DatabaseSettings settings, ExportFilter filter, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await database.Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var live = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            var query = Query(live, filter);
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            // The first statement that reads takes the snapshot. Row security that comes after the look fails the query.
            await connection.RunAsync($"SET TRANSACTION READ ONLY; SET LOCAL search_path = {Queries.SystemPath}; SET LOCAL row_security = off; SET LOCAL DateStyle = 'ISO'", cancellationToken).ConfigureAwait(false);
            var rows = await CountAsync(connection, live, query, cancellationToken).ConfigureAwait(false);
            return new PostgresExport(database, connection, transaction, live, query, rows);
        }
        catch (Exception e)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            if (DatabaseFault.IsOfDatabase(e))
            {
                throw DatabaseFault.From(e, database.Endpoint);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async Task WriteCsvAsync(Stream file, Action<long>? report, CancellationToken cancellationToken)
    {
        using var reader = await GuardAsync(() => _connection.BeginTextExportAsync($"COPY ({_query}) TO STDOUT (FORMAT csv, HEADER)", cancellationToken)).ConfigureAwait(false);
        var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CopyChunk, leaveOpen: true);
        await using var _ = writer.ConfigureAwait(false);
        var chunk = new char[CopyChunk];
        // Not the header; a text of several lines counts as so many.
        var lines = -1L;
        for (int read; (read = await GuardAsync(() => reader.ReadAsync(chunk, cancellationToken).AsTask()).ConfigureAwait(false)) > 0;)
        {
            await writer.WriteAsync(chunk.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            lines += chunk.AsSpan(0, read).Count('\n');
            report?.Invoke(Math.Min(lines, Rows));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<Array>> ReadAsync(int rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(_query, _connection) { CommandTimeout = Queries.WholeTableSeconds };
        await using var _ = command.ConfigureAwait(false);
        var reader = await GuardAsync(() => command.ExecuteReaderAsync(cancellationToken)).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var block = new ExportBlock(rows);
        while (await GuardAsync(() => reader.ReadAsync(cancellationToken)).ConfigureAwait(false))
        {
            block.Add(reader);
            if (block.IsFull)
            {
                yield return block.Take();
            }
        }

        if (!block.IsEmpty)
        {
            yield return block.Take();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private static string Query(LiveTable live, ExportFilter filter)
    {
        TargetCheck.RequireTable(live);
        var columns = TargetCheck.MatchColumns(live);
        if (columns.FirstOrDefault(c => !c.Live.IsSelectable) is { } unreadable)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not read {live.Name} (column {unreadable.Live.Name}). Nothing was exported.", "Initialize-LoginDatabase -Role makes login_etl_reader, a role that may: grant it to the user.");
        }

        TargetCheck.RequireAllRows(live);
        var logins = new AnalysisViews(live.Name, columns, TargetCheck.VersionFormat(live, columns, filter.AppVersionFormat)).Query(AnalysisNames.Logins);
        string[] limits = [.. Limit(">=", filter.FirstDay), .. Limit("<=", filter.LastDay)];
        return $"""
            SELECT {string.Join(", ", ExportColumn.All.Select(c => c.Kind == ExportKind.Day ? Day : c.Name))} FROM (
            {logins}
            ) l{(limits.Length == 0 ? "" : $" WHERE {string.Join(" AND ", limits)}")}
            """;

        static IEnumerable<string> Limit(string relation, DateOnly? day) =>
            day is { } given ? [string.Create(CultureInfo.InvariantCulture, $"day {relation} '{given:yyyy-MM-dd}'::date")] : [];
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, LiveTable live, string query, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(
            $"SELECT count(*), {Others("masked_ip")}, {Others("masked_device_id")} FROM ({query}) e", connection)
        { CommandTimeout = Queries.WholeTableSeconds };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        (string Attribute, long Rows)[] others = [(LoginFields.Ip, reader.GetInt64(1)), (LoginFields.DeviceId, reader.GetInt64(2))];
        return others.All(o => o.Rows == 0) ? reader.GetInt64(0) : throw new LoginEtlException(
            ErrorId.ValuesNotMasked,
            $"Masked columns of {live.Name} hold what is no token: {string.Join(" and ", others.Where(o => o.Rows > 0).Select(o => FormattableString.Invariant($"{o.Rows} values of {o.Attribute}")))}. Nothing was exported.",
            "Test-LoginEtl says what they look like. Bring them to tokens, or export only the days that have none.");

        static string Others(string column) => $"pg_catalog.count(*) FILTER (WHERE {column} IS NOT NULL AND {TokenColumns.Prefix(column)} IS NULL)";
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (DatabaseFault.IsOfDatabase(e))
        {
            throw DatabaseFault.From(e, _database.Endpoint);
        }
    }
}
