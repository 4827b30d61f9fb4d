using System.Globalization;
using System.Text;
using System.Text.Json;
using LoginEtl.Connections;
using LoginEtl.Postgres.Faults;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Settlement;
using Npgsql;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Inserts rows so that a bad one fails alone: in one loop on the server, each row in a subtransaction of its own. The
/// good ones stay in the transaction; the bad ones come back with what they broke, and those whose key was there with
/// what was done about it.
/// </summary>
/// <remarks>
/// The rows travel in a setting local to the transaction, because a DO block takes no parameters: so the writer needs
/// neither a function of its own in the database nor the right to make temporary tables.
/// </remarks>
internal sealed class RowByRow(TargetTable table)
{
    private const string Send = "SELECT length(set_config('login_etl.rows', $1, true))";
    private const string Answer = "SELECT current_setting('login_etl.refused'), current_setting('login_etl.met')";

    private readonly string _insert = InsertBlock(table);

    /// <summary>Inserts what can be inserted; the transaction goes on.</summary>
    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>UniqueKeyConflict</c>, where conflicts end the run.</exception>
    public async Task<RowResults> InsertAsync(
        NpgsqlConnection connection, IReadOnlyList<BatchItem> rows, CancellationToken cancellationToken)
    {
        try
        {
            var (refused, met) = await RunAsync(connection, Json(rows), cancellationToken).ConfigureAwait(false);
            using var bad = JsonDocument.Parse(refused);
            using var there = JsonDocument.Parse(met);
            return new RowResults(
                bad.RootElement.EnumerateArray().ToDictionary(
                    e => rows[e[0].GetInt32()],
                    e => new Refusal(RejectReason.RefusedByDatabase, NameOf(e[3]), e[1].GetString(), NameOf(e[2]))),
                there.RootElement.EnumerateArray().ToDictionary(
                    e => rows[e[0].GetInt32()], e => e[1].GetBoolean() ? Outcome.Updated : Outcome.Skipped));
        }
        catch (PostgresException e) when (table.Conflict is { Action: ConflictAction.Fail } rule && rule.IsConflict(e))
        {
            throw rule.Conflict(table.Live);
        }
    }

    private async Task<(string Refused, string Met)> RunAsync(NpgsqlConnection connection, string rows, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Send) { Parameters = { new NpgsqlParameter<string> { TypedValue = rows } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(_insert));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Answer));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        // The DO block has no result of its own: the next after Send's is Answer's.
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetString(0), reader.GetString(1));
    }

    private static string? NameOf(JsonElement name) => name.GetString() is { Length: > 0 } text ? text : null;

    private string Json(IReadOnlyList<BatchItem> rows)
    {
        var json = new StringBuilder("[");
        for (var i = 0; i < rows.Count; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"o\":{i}");
            for (var c = 0; c < table.Columns.Count; c++)
            {
                json.Append(CultureInfo.InvariantCulture, $",\"c{c}\":");
                Append(json, rows[i].Row![c]);
            }

            json.Append('}');
        }

        return json.Append(']').ToString();
    }

    private static void Append(StringBuilder json, object? value)
    {
        switch (value)
        {
            case DateOnly day:
                json.Append(CultureInfo.InvariantCulture, $"\"{day:yyyy-MM-dd}\"");
                break;
            case DateTime { Kind: DateTimeKind.Utc } instant:
                json.Append(CultureInfo.InvariantCulture, $"\"{instant:yyyy-MM-dd}T00:00:00Z\"");
                break;
            case DateTime midnight:
                json.Append(CultureInfo.InvariantCulture, $"\"{midnight:yyyy-MM-dd}\"");
                break;
            case null or string:
                RecordJson.AppendText(json, (string?)value);
                break;
            default:
                json.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    private static string InsertBlock(TargetTable table)
    {
        var fields = "o int, " + string.Join(", ", table.Columns.Select((c, i) => $"c{i} {JsonType(c)}"));
        // Only enums need a cast, and a cast of text to varchar(n) would cut it silently.
        var values = string.Join(", ", table.Columns.Select((c, i) => $"r.c{i}" + (c.Live.Type == ColumnType.Enum ? $"::{c.Live.TypeText}" : "")));
        var rowSecurity = table.Live.HasRowSecurity
            ? string.Create(CultureInfo.InvariantCulture, $"(state = '42501' AND has_table_privilege({table.Live.Oid}, 'INSERT'))")
            : "false";
        var (onConflict, report, stop) = ConflictClauses.Of(table);
        var body =
            $"""
            DECLARE
                r record;
                state text; conname text; colname text; tabname text;
                rows_done bigint;
                refused json[] := '{"{}"}';
                met json[] := '{"{}"}';
            BEGIN
                PERFORM set_config('{ConflictClauses.Flag}', '', true);
                FOR r IN SELECT * FROM json_to_recordset(current_setting('login_etl.rows')::json) AS t({fields}) ORDER BY o LOOP
                    BEGIN
                        INSERT INTO {table.Name.Quoted} AS existing ({table.ColumnList}) VALUES ({values}) {onConflict};
                        {report}
                    EXCEPTION WHEN OTHERS THEN
                        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, conname = CONSTRAINT_NAME, colname = COLUMN_NAME, tabname = TABLE_NAME;
                        IF {stop} OR NOT ({SqlStates.RowErrorCondition} OR {rowSecurity}) THEN RAISE; END IF;
                        refused := refused || json_build_array(r.o, state, conname, colname);
                    END;
                END LOOP;
                PERFORM set_config('login_etl.refused', to_json(refused)::text, true), set_config('login_etl.met', to_json(met)::text, true);
            END
            """;
        // A name of the user's could hold any fixed tag.
        var tag = "login_etl";
        while (body.Contains($"${tag}$", StringComparison.Ordinal))
        {
            tag += "_";
        }

        return $"DO ${tag}$ {body} ${tag}$";
    }

    private static string JsonType(TargetColumn column) => column.Live.Type switch
    {
        ColumnType.Int2 => "int2",
        ColumnType.Int4 => "int4",
        ColumnType.Int8 => "int8",
        ColumnType.Date => "date",
        ColumnType.Timestamp => "timestamp",
        ColumnType.TimestampTz => "timestamptz",
        _ => "text",
    };
}
