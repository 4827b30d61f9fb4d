using LoginEtl.Audit;
using LoginEtl.Faults;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Auditing;

/// <summary>
/// Heads of audit files in PostgreSQL, added row by row; the server adds who and when. All of it under the system's path: else
/// who recovers could have the anchor answered for by functions of their own.
/// </summary>
internal sealed class PostgresAnchor(Database database, QualifiedName table, AuditTarget target) : IAuditAnchor
{
    private const string Columns =
        "coalesce(number, 0), file_id, line, encode(mac, 'hex'), place, note, coalesce(encode(link, 'hex'), ''), anchored_by, anchored_at";

    private readonly string _anchor = table.Beside(SchemaNames.AuditAnchor).Quoted;

    /// <summary>Finds the anchor.</summary>
    /// <param name="database">Taken over.</param>
    /// <param name="settings">With the name of the table beside which it is.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<PostgresAnchor> OpenAsync(Database database, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        var table = await database.UseAsync(connection => Preflight.FindAsync(connection, settings, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await database.UseBySystemPathAsync(transaction => OpenAsync(transaction.Connection!, database, table.Name, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PostgresAnchor> OpenAsync(NpgsqlConnection connection, Database database, QualifiedName table, CancellationToken cancellationToken)
    {
        await ForeignObjects.RequireNoneAsync(connection, table, [SchemaNames.AuditAnchor], cancellationToken).ConfigureAwait(false);
        await CompanionTable.RequireDurableAsync(connection, table, [SchemaNames.AuditAnchor], cancellationToken).ConfigureAwait(false);
        var name = table.Beside(SchemaNames.AuditAnchor);
        var columns = await TableNames.ColumnsAsync(connection, name, cancellationToken).ConfigureAwait(false);
        return columns.IsSupersetOf(SchemaNames.AuditAnchorColumns)
            ? new PostgresAnchor(database, table, new AuditTarget(await NameAsync(connection, cancellationToken).ConfigureAwait(false), $"{table}"))
            : throw new LoginEtlException(
                ErrorId.AuditAnchorNotFound, $"There is no {name} as this version makes it, without which a cut or rewritten audit file would not show.",
                "Run Initialize-LoginDatabase.");
    }

    /// <inheritdoc/>
    public AuditTarget Target => target;

    /// <inheritdoc/>
    public async Task<string?> RequireApartAsync(CancellationToken cancellationToken) =>
        await UseAsync(connection => AnchorRights.RequireApartAsync(connection, _anchor, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<AnchorFacts> AskAsync(Guid? fileId, string place, CancellationToken cancellationToken)
    {
        var found = await UseAsync(
            connection => connection.QueryAsync(
                $"""
                (SELECT {Columns}, 0 FROM {_anchor} WHERE file_id = $1 ORDER BY line DESC LIMIT 1)
                UNION ALL (SELECT {Columns}, 1 FROM {_anchor} WHERE place = $2 OR ($3 AND lower(place) = lower($2)) ORDER BY number NULLS FIRST, anchored_at, line LIMIT 1)
                UNION ALL (SELECT {Columns}, 2 FROM {_anchor} WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1)
                UNION ALL (SELECT {Columns}, 3 FROM {_anchor} WHERE number IS NOT NULL ORDER BY number DESC OFFSET 1 LIMIT 1)
                UNION ALL (SELECT {Columns}, 4 FROM {_anchor} WHERE number = 1)
                """,
                [Id(fileId), place, AuditPlace.IgnoresCase], r => (Which: r.GetInt32(9), Anchor: Read(r)), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return new AnchorFacts(Of(0), Of(1), Of(2), Of(3), Of(4));

        AuditAnchor? Of(int which) => found.Where(f => f.Which == which).Select(f => f.Anchor).FirstOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AuditAnchor>> ListAsync(Guid? fileId, CancellationToken cancellationToken) => await UseAsync(
        connection => connection.QueryAsync(
            $"SELECT {Columns} FROM {_anchor} WHERE $1 IS NULL OR file_id = $1 ORDER BY number NULLS FIRST, file_id, line", [Id(fileId)], Read, cancellationToken),
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<AuditAnchor?> AddAsync(AuditAnchor added, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(added);
        return database.UseBySystemPathAsync(transaction => AddAsync(transaction, added, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WritersAsync(CancellationToken cancellationToken) =>
        await UseAsync(connection => AnchorRights.WritersAsync(connection, _anchor, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ElsewhereAsync(CancellationToken cancellationToken) => await UseAsync(
        connection => connection.QueryAsync(
            $"SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = '{SchemaNames.AuditAnchor}' AND c.oid <> $1::regclass::oid ORDER BY 1",
            [_anchor], r => $"{new QualifiedName(r.GetString(0), r.GetString(1))}", cancellationToken),
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken) =>
        database.UseBySystemPathAsync(transaction => work(transaction.Connection!), cancellationToken);

    private async Task<AuditAnchor?> AddAsync(NpgsqlTransaction transaction, AuditAnchor added, CancellationToken cancellationToken)
    {
        var connection = transaction.Connection!;
        // Durable whatever the user's settings say: plaintext leaves on the strength of it. Set for this transaction alone:
        // behind a pooler the session goes to others.
        await connection.RunAsync("SET LOCAL synchronous_commit = on", cancellationToken).ConfigureAwait(false);
        await WriteLock.TakeAsync(connection, table, [WriteLock.ToInsert(table.Beside(SchemaNames.AuditAnchor), SchemaNames.AuditAnchorContent)], [SchemaNames.AuditAnchor], cancellationToken).ConfigureAwait(false);
        List<AuditAnchor> kept;
        try
        {
            kept = await connection.QueryAsync(
                $"INSERT INTO {_anchor} ({string.Join(", ", SchemaNames.AuditAnchorContent)}) VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, decode($7, 'hex')) RETURNING {Columns}",
                [added.FileId, added.Line, added.Mac, added.Place, Nullable(added.Note, NpgsqlDbType.Text), added.Number, added.Link], Read, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: SchemaNames.AuditAnchorNumber }
            or { SqlState: PostgresErrorCodes.ForeignKeyViolation })
        {
            // Another has added one meanwhile, or somebody has deleted the one before.
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new LoginEtlException(
                ErrorId.AuditFileForked, $"The database knows line {added.Line} of this audit file already: there are two copies of it that were both written to. Nothing was recovered.",
                "Keep both as evidence, and go on with a new file under another name.");
        }

        if (kept is not [var one] || one with { By = "", At = default } != added)
        {
            throw new LoginEtlException(
                ErrorId.AuditAnchorNotKept, $"The database did not keep the anchor of an audit line as it was sent: a trigger or a rule of {_anchor} is in the way. Nothing was recovered.",
                "Drop it, and find out who made it.");
        }

        await ForeignObjects.CommitAsync(transaction, table, [SchemaNames.AuditAnchor], cancellationToken).ConfigureAwait(false);
        return one;
    }

    private static async Task<string> NameAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await connection.QueryAsync("SELECT current_database()::text", [], r => r.GetString(0), cancellationToken).ConfigureAwait(false))[0];

    private static NpgsqlParameter Id(Guid? fileId) => Nullable(fileId, NpgsqlDbType.Uuid);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static AuditAnchor Read(NpgsqlDataReader r) => new()
    {
        Number = r.GetInt64(0),
        FileId = r.GetGuid(1),
        Line = r.GetInt64(2),
        Mac = r.GetString(3),
        Place = r.GetString(4),
        Note = r.IsDBNull(5) ? null : r.GetString(5),
        Link = r.GetString(6),
        By = r.GetString(7),
        At = r.GetFieldValue<DateTimeOffset>(8),
    };
}
