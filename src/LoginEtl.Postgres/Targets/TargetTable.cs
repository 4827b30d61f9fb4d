using LoginEtl.Postgres.Catalog;
using LoginEtl.Records;
using LoginEtl.Versions;
using NpgsqlTypes;

namespace LoginEtl.Postgres.Targets;

/// <summary>The user's table, checked: rows of this shape can be written to it.</summary>
/// <param name="Live">The table as it is.</param>
/// <param name="Columns">Those that are written, in the table's order.</param>
/// <param name="VersionFormat">Resolved, never Auto; for three columns it says nothing.</param>
/// <param name="Conflict">What happens to rows whose key is there; null when they go to quarantine.</param>
internal sealed record TargetTable(
    LiveTable Live, IReadOnlyList<TargetColumn> Columns, AppVersionFormat VersionFormat, ConflictRule? Conflict)
{
    /// <summary>Schema and name.</summary>
    public QualifiedName Name => Live.Name;

    /// <summary>Quoted names of the columns written, as SQL lists them.</summary>
    public string ColumnList { get; } = string.Join(", ", Columns.Select(c => QualifiedName.Quote(c.Live.Name)));

    /// <summary>
    /// Places in <see cref="Columns"/> of the user's own unique key; empty when there is none that rows could be
    /// sorted by. Two writers that insert its keys in opposite orders deadlock.
    /// </summary>
    public IReadOnlyList<int> UniqueKey { get; } =
        (Conflict is null ? Live.UniqueKeys : [Conflict.Key]).Select(k => Places(k.Columns, Columns)).FirstOrDefault(p => p.Count > 0) ?? [];

    /// <summary>Place in <see cref="Columns"/> of the day.</summary>
    public int CreateDate { get; } = Columns.ToList().FindIndex(c => c.Field == RecordField.CreateDate);

    /// <summary>
    /// Partitioned tables whose partitions go by what the sender fills, and by nothing else: a row that finds none is at
    /// fault itself, or a sender could stop every run.
    /// </summary>
    public IReadOnlyList<string> PartitionedBySender { get; } =
        [.. Live.PartitionKeys.Where(p => p.All(name => Columns.Any(c => c.Live.Name == name && c.Field != RecordField.CreateDate))).Select(p => p.Key)];

    /// <summary>Our name of a column that the server names, and its own where it is none of ours.</summary>
    public string? OurNameOf(string? column) => Columns.FirstOrDefault(c => c.Live.Name == column)?.Name ?? column;

    private static List<int> Places(IReadOnlyList<string> key, IReadOnlyList<TargetColumn> columns)
    {
        var places = key.Select(name => columns.Select(c => c.Live.Name).ToList().IndexOf(name)).ToList();
        return places.Contains(-1) ? [] : places;
    }
}

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
