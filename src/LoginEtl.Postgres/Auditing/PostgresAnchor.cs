using LoginEtl.Audit;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Auditing;

/// <summary>Heads of audit files in PostgreSQL, added row by row; the server adds who and when.</summary>
internal sealed class PostgresAnchor(Database database, string anchor) : IAuditAnchor
{
    private const string Columns = "file_id, line, encode(mac, 'hex')";

    /// <summary>Finds the anchor.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the name of the table beside which it is.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task<PostgresAnchor> OpenAsync(Database database, DatabaseSettings settings, CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            var table = await Preflight.FindAsync(connection, settings, cancellationToken).ConfigureAwait(false);
            await ForeignObjects.RequireNoneAsync(connection, table.Name, [SchemaNames.AuditAnchor], cancellationToken).ConfigureAwait(false);
            var name = table.Name.Beside(SchemaNames.AuditAnchor);
            var columns = await TableNames.ColumnsAsync(connection, name, cancellationToken).ConfigureAwait(false);
            return columns.IsSupersetOf(SchemaNames.AuditAnchorColumns)
                ? new PostgresAnchor(database, name.Quoted)
                : throw new LoginEtlException(
                    "AuditAnchorNotFound", FaultKind.NotFound, $"There is no {name} as this version makes it, without which a cut or rewritten audit file would not show.",
                    "Run Initialize-LoginDatabase.");
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<AnchoredLine?> LastAsync(Guid fileId, CancellationToken cancellationToken) =>
        (await QueryAsync($"SELECT {Columns} FROM {anchor} WHERE file_id = $1 ORDER BY line DESC LIMIT 1", [fileId], cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async Task<AnchoredLine?> LastAtAsync(string place, CancellationToken cancellationToken) =>
        (await QueryAsync($"SELECT {Columns} FROM {anchor} WHERE place = $1 ORDER BY anchored_at DESC, line DESC LIMIT 1", [place], cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AnchoredLine>> ListAsync(Guid fileId, CancellationToken cancellationToken) =>
        await QueryAsync($"SELECT {Columns} FROM {anchor} WHERE file_id = $1 ORDER BY line", [fileId], cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task AddAsync(AnchoredLine line, string place, string? note, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(line);
        object[] parameters =
        [
            line.FileId, line.Line, line.Mac, place, new NpgsqlParameter { Value = (object?)note ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
        ];
        await database.UseAsync(
            async connection =>
            {
                // Durable whatever the user's settings say: plaintext leaves on the strength of it.
                await connection.RunAsync("SET synchronous_commit = on", cancellationToken).ConfigureAwait(false);
                try
                {
                    await connection.RunAsync(
                        $"INSERT INTO {anchor} (file_id, line, mac, place, note) VALUES ($1, $2, decode($3, 'hex'), $4, $5)", parameters, cancellationToken).ConfigureAwait(false);
                    return 0;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
                {
                    throw new LoginEtlException(
                        "AuditFileForked", FaultKind.Failed, $"The database knows line {line.Line} of this audit file already: there are two copies of it that were both written to. Nothing was recovered.",
                        "Keep both as evidence, and go on with a new file under another name.");
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private Task<List<AnchoredLine>> QueryAsync(string sql, object[] parameters, CancellationToken cancellationToken) => database.UseAsync(
        connection => connection.QueryAsync(sql, parameters, r => new AnchoredLine(r.GetGuid(0), r.GetInt64(1), r.GetString(2)), cancellationToken), cancellationToken);
}
