using System.Globalization;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Targets;
using LoginEtl.Rotation;
using Npgsql;

namespace LoginEtl.Postgres.Rotation;

/// <summary>Reads rows of the user's table, of whatever types its columns are.</summary>
internal sealed class LoginRows
{
    private static readonly RecordField[] Versions = [RecordField.AppVersion, RecordField.AppVersionMajor, RecordField.AppVersionMinor, RecordField.AppVersionPatch];

    private readonly IReadOnlyList<TargetColumn> _columns;
    private readonly LiveTable _table;
    private readonly TokenColumns _tokens;

    /// <exception cref="LoginEtl.Faults.LoginEtlException"><c>TableUnsuitable</c>.</exception>
    public LoginRows(LiveTable table)
    {
        _table = table;
        _columns = TargetCheck.MatchColumns(table);
        _tokens = new TokenColumns(table);
    }

    /// <summary>Selects rows by tokens of an attribute, in <c>$1</c>.</summary>
    public string Query(string attribute) =>
        $"SELECT {string.Join(", ", _columns.Select(Text))} FROM {_table.Name.Quoted} WHERE {_tokens.Of(attribute)}::text = ANY ($1)";

    /// <summary>A row of <see cref="Query"/>.</summary>
    public StoredLogin Read(NpgsqlDataReader row) => new()
    {
        UserId = Of(row, RecordField.UserId),
        DeviceType = Of(row, RecordField.DeviceType),
        MaskedIp = Of(row, RecordField.MaskedIp),
        MaskedDeviceId = Of(row, RecordField.MaskedDeviceId),
        Locale = Of(row, RecordField.Locale),
        AppVersion = string.Join('.', Versions.Select(v => Of(row, v)).OfType<string>()) is { Length: > 0 } version ? version : null,
        CreateDate = Of(row, RecordField.CreateDate) is { } day ? DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture) : null,
    };

    // A point in time would be read as a day of the session's time zone. What .NET has no day for, infinity say, is none.
    private static string Text(TargetColumn column)
    {
        var name = QualifiedName.Quote(column.Live.Name);
        if (column.Field != RecordField.CreateDate)
        {
            return $"{name}::text";
        }

        var time = column.Live.Type == ColumnType.TimestampTz ? $"({name} AT TIME ZONE 'UTC')" : $"{name}::timestamp";
        return $"CASE WHEN {time} BETWEEN '0001-01-01'::timestamp AND '9999-12-31 23:59:59'::timestamp THEN to_char({time}, 'YYYY-MM-DD') END";
    }

    private string? Of(NpgsqlDataReader row, RecordField field)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_columns[i].Field == field)
            {
                return row.IsDBNull(i) ? null : row.GetString(i);
            }
        }

        return null;
    }
}
