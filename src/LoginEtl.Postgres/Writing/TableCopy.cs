using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>Writes rows to the user's table in one go: the fast way, which one bad row ends for all.</summary>
/// <remarks>Binary: on a failure the server logs line numbers, where COPY in text form would log the lines.</remarks>
internal sealed class TableCopy(TargetTable table, TimeSpan timeout)
{
    private readonly string _copy = $"COPY {table.Name.Quoted} ({table.ColumnList}) FROM STDIN (FORMAT BINARY)";

    private const string Savepoint = "login_etl_rows";

    /// <summary>Writes the rows.</summary>
    /// <returns>
    /// Null when the database refused one of them, or took some and not all: none is written, and the transaction goes on.
    /// </returns>
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>UniqueKeyConflict</c>, where conflicts end the run.</exception>
    public async Task<RowResults?> TryWriteAsync(NpgsqlConnection connection, IReadOnlyList<BatchItem> rows, CancellationToken cancellationToken)
    {
        await connection.RunAsync($"SAVEPOINT {Savepoint}", cancellationToken).ConfigureAwait(false);
        try
        {
            // Only the server knows what triggers left of it.
            var taken = await CopyAsync(connection, rows, cancellationToken).ConfigureAwait(false);
            if (taken == (ulong)rows.Count)
            {
                return RowResults.AllWritten;
            }

            if (taken == 0)
            {
                return RowResults.AllSuppressed(rows);
            }
        }
        catch (PostgresException e) when (table.Conflict is { Action: ConflictAction.Fail } rule && rule.IsConflict(e))
        {
            throw rule.Conflict(table.Live);
        }
        catch (PostgresException e) when (SqlStates.IsRowError(e, table.PartitionedBySender))
        {
            // Which one, and what it broke, is found out row by row.
        }

        await connection.RunAsync($"ROLLBACK TO SAVEPOINT {Savepoint}", cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<ulong> CopyAsync(NpgsqlConnection connection, IReadOnlyList<BatchItem> rows, CancellationToken cancellationToken)
    {
        var importer = await connection.BeginBinaryImportAsync(_copy, cancellationToken).ConfigureAwait(false);
        await using var _ = importer.ConfigureAwait(false);
        importer.Timeout = timeout;
        foreach (var row in rows)
        {
            await importer.StartRowAsync(cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < table.Columns.Count; i++)
            {
                await WriteAsync(importer, table.Columns[i], row.Row![i], cancellationToken).ConfigureAwait(false);
            }
        }

        return await importer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter importer, TargetColumn column, object? value, CancellationToken cancellationToken) => value switch
    {
        null => importer.WriteNullAsync(cancellationToken),
        string text => importer.WriteAsync(text, column.WireType, cancellationToken),
        int number => importer.WriteAsync(number, column.WireType, cancellationToken),
        long number => importer.WriteAsync(number, column.WireType, cancellationToken),
        Guid uuid => importer.WriteAsync(uuid, column.WireType, cancellationToken),
        _ => importer.WriteAsync(value, column.WireType, cancellationToken),
    };
}
