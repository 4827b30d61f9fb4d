using System.Text;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Writing;

/// <summary>Writes entries of the quarantine.</summary>
internal sealed class QuarantineCopy(QualifiedName quarantine, TimeSpan timeout)
{
    // A quarantine of an earlier version has no place for it: entries then are the poorer by that, and no run stops for it.
    private bool _hasQueue;

    /// <summary>Adds one entry a refused message.</summary>
    public async Task WriteAsync(
        NpgsqlConnection connection, IReadOnlyCollection<(BatchItem Item, Refusal Refusal)> refused, Guid batch, CancellationToken cancellationToken)
    {
        _hasQueue = _hasQueue || (await TableNames.ColumnsAsync(connection, quarantine, cancellationToken).ConfigureAwait(false)).Contains(SchemaNames.Queue);
        var columns = _hasQueue ? SchemaNames.QuarantineColumns.Append(SchemaNames.Queue) : SchemaNames.QuarantineColumns;
        var importer = await connection.BeginBinaryImportAsync(
            $"COPY {quarantine.Quoted} ({string.Join(", ", columns)}) FROM STDIN (FORMAT BINARY)", cancellationToken).ConfigureAwait(false);
        await using var _ = importer.ConfigureAwait(false);
        importer.Timeout = timeout;
        foreach (var (item, refusal) in refused)
        {
            await importer.StartRowAsync(cancellationToken).ConfigureAwait(false);
            await importer.WriteAsync(item.Key, NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
            await TextAsync(Storable(item.Login.MessageId)).ConfigureAwait(false);
            await TextAsync(item.IsLine ? Storable(item.Login.GetDelivery().ToString()) : null).ConfigureAwait(false);
            await TextAsync(refusal.Reason.Code()).ConfigureAwait(false);
            await TextAsync(refusal.Field).ConfigureAwait(false);
            await TextAsync(refusal.SqlState).ConfigureAwait(false);
            await TextAsync(refusal.Constraint).ConfigureAwait(false);
            await importer.WriteAsync(item.Login.ReceiveCount, NpgsqlDbType.Integer, cancellationToken).ConfigureAwait(false);
            await (item.Login.SentTimestamp is { } sent
                ? importer.WriteAsync(sent.UtcDateTime, NpgsqlDbType.TimestampTz, cancellationToken)
                : importer.WriteNullAsync(cancellationToken)).ConfigureAwait(false);
            await (item.Login is SealedReject reject
                ? importer.WriteAsync(reject.Body.AsMemory(), NpgsqlDbType.Bytea, cancellationToken)
                : importer.WriteNullAsync(cancellationToken)).ConfigureAwait(false);
            await (item.Login is LoginRecord record
                ? importer.WriteAsync(RecordJson.Of(record), NpgsqlDbType.Json, cancellationToken)
                : importer.WriteNullAsync(cancellationToken)).ConfigureAwait(false);
            await importer.WriteAsync(batch, NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
            if (_hasQueue)
            {
                await TextAsync(item.Login.GetDelivery().Queue is { } queue ? Storable(queue) : null).ConfigureAwait(false);
            }
        }

        if (await importer.CompleteAsync(cancellationToken).ConfigureAwait(false) != (ulong)refused.Count)
        {
            throw CompanionTable.NotTaken(quarantine);
        }

        Task TextAsync(string? text) => text is null
            ? importer.WriteNullAsync(cancellationToken)
            : importer.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
    }

    // Names of files and ids of emulators are anyone's text, and an entry must never fail.
    private static string Storable(string text) =>
        Ascii.IsValid(text) && !text.Contains('\0', StringComparison.Ordinal) ? text : new([.. text.Select(c => c == '\0' || char.IsSurrogate(c) ? '?' : c)]);
}
