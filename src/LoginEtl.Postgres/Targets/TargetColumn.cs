using LoginEtl.Records;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Targets;

/// <summary>A column that rows are written to.</summary>
/// <param name="Field">What goes there.</param>
/// <param name="Live">The column as it is.</param>
internal sealed record TargetColumn(RecordField Field, LiveColumn Live)
{
    /// <summary>Our name of it.</summary>
    public string Name => Field.Column();

    /// <summary>The field of the body that rejects name.</summary>
    public string BodyField => Field switch
    {
        RecordField.MaskedIp => LoginFields.Ip,
        RecordField.MaskedDeviceId => LoginFields.DeviceId,
        RecordField.AppVersionMajor or RecordField.AppVersionMinor or RecordField.AppVersionPatch => LoginFields.AppVersion,
        _ => Name,
    };

    /// <summary>The type sent in binary COPY.</summary>
    public NpgsqlDbType WireType => Live.Type switch
    {
        ColumnType.Int2 => NpgsqlDbType.Smallint,
        ColumnType.Int4 => NpgsqlDbType.Integer,
        ColumnType.Int8 => NpgsqlDbType.Bigint,
        ColumnType.Date => NpgsqlDbType.Date,
        ColumnType.Timestamp => NpgsqlDbType.Timestamp,
        ColumnType.TimestampTz => NpgsqlDbType.TimestampTz,
        ColumnType.Uuid => NpgsqlDbType.Uuid,
        // An enum's binary form is its label.
        _ => NpgsqlDbType.Text,
    };

    /// <summary>The largest part or packed version an integer column holds.</summary>
    public long LargestInteger => Live.Type switch
    {
        ColumnType.Int2 => short.MaxValue,
        ColumnType.Int4 => int.MaxValue,
        _ => long.MaxValue,
    };
}
