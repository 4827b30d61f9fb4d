using System.Text.Json;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Inserts rows so that a bad one fails alone: in one loop on the server. The good ones stay in the transaction; the bad
/// ones come back with what they broke, those whose key was there with what was done about it, and those that a trigger kept
/// out.
/// </summary>
/// <remarks>
/// A DO block takes no parameters, so the rows wait for it in a cursor, an array a column: so the writer needs neither a
/// function of its own in the database nor the right to make temporary tables.
/// </remarks>
internal sealed class RowByRow(TargetTable table)
{
    private const string Answer = $"SELECT current_setting('{RowLoop.Refused}'), current_setting('{RowLoop.Met}'), current_setting('{RowLoop.Suppressed}')";

    private readonly string _insert = RowLoop.Block(table);

    private readonly string _send =
        $"DECLARE {RowLoop.Rows} NO SCROLL CURSOR FOR SELECT {string.Join(", ", table.Columns.Select((_, c) => $"${c + 1}"))}";

    /// <summary>Inserts what can be inserted; the transaction goes on.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>UniqueKeyConflict</c>, where conflicts end the run.</exception>
    public async Task<RowResults> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<BatchItem> rows, CancellationToken cancellationToken)
    {
        try
        {
            var (refused, met, suppressed) = await RunAsync(connection, rows, cancellationToken).ConfigureAwait(false);
            using var bad = JsonDocument.Parse(refused);
            using var there = JsonDocument.Parse(met);
            using var missing = JsonDocument.Parse(suppressed);
            return new RowResults(
                bad.RootElement.EnumerateArray().ToDictionary(
                    e => rows[e[0].GetInt32() - 1],
                    e => new Refusal(RejectReason.RefusedByDatabase, table.OurNameOf(NameOf(e[3])), e[1].GetString(), NameOf(e[2]))),
                there.RootElement.EnumerateArray().ToDictionary(
                    e => rows[e[0].GetInt32() - 1], e => e[1].GetBoolean() ? Outcome.Updated : Outcome.Skipped),
                missing.RootElement.EnumerateArray().Select(e => rows[e.GetInt32() - 1]).ToHashSet());
        }
        catch (PostgresException e) when (table.Conflict is { Action: ConflictAction.Fail } rule && rule.IsConflict(e))
        {
            throw rule.Conflict(table.Live);
        }
    }

    private async Task<(string Refused, string Met, string Suppressed)> RunAsync(NpgsqlConnection connection, IReadOnlyList<BatchItem> rows, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        var send = new NpgsqlBatchCommand(_send);
        for (var c = 0; c < table.Columns.Count; c++)
        {
            send.Parameters.Add(ColumnArray.Of(rows, c, table.Columns[c]));
        }

        batch.BatchCommands.Add(send);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(_insert));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Answer));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        // Answer's: neither DECLARE nor DO has a result.
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetString(0), reader.GetString(1), reader.GetString(2));
    }

    private static string? NameOf(JsonElement name) => name.GetString() is { Length: > 0 } text ? text : null;
}
