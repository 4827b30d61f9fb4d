using LoginEtl.Postgres.Targets;
using Npgsql;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Writing;

/// <summary>A column of rows as one array.</summary>
internal static class ColumnArray
{
    /// <summary>The values at one place of every row.</summary>
    public static NpgsqlParameter Of(IReadOnlyList<BatchItem> rows, int place, TargetColumn column) => column.WireType switch
    {
        NpgsqlDbType.Smallint => Parameter<short?>(rows, place, column),
        NpgsqlDbType.Integer or NpgsqlDbType.Date => Parameter<int?>(rows, place, column),
        NpgsqlDbType.Bigint or NpgsqlDbType.Timestamp or NpgsqlDbType.TimestampTz => Parameter<long?>(rows, place, column),
        NpgsqlDbType.Uuid => Parameter<Guid?>(rows, place, column),
        _ => Parameter<string?>(rows, place, column),
    };

    private static NpgsqlParameter<T[]> Parameter<T>(IReadOnlyList<BatchItem> rows, int place, TargetColumn column)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (T)rows[i].Row![place]!;
        }

        return new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | column.WireType };
    }
}
