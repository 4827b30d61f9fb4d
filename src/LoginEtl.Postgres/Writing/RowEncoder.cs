using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Makes a record the values of its columns. What cannot fit is refused here and never reaches the server.
/// </summary>
internal sealed class RowEncoder(TargetTable table, TooLongAction onTooLong)
{
    // PostgreSQL counts days and microseconds from here, and is sent those: the driver takes the first and the last day
    // of .NET's calendar for infinities.
    private static readonly DateOnly Epoch = new(2000, 1, 1);

    /// <summary>Null, or why the record cannot be a row of this table.</summary>
    /// <param name="record">Its settable properties may hold anything a script put there.</param>
    /// <param name="row">In the order of the target's columns.</param>
    public Refusal? TryEncode(LoginRecord record, out object?[] row)
    {
        row = new object?[table.Columns.Count];
        for (var i = 0; i < row.Length; i++)
        {
            if (TryEncode(table.Columns[i], record, out row[i]) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private Refusal? TryEncode(TargetColumn column, LoginRecord record, out object? value)
    {
        switch (column.Field)
        {
            case RecordField.UserId when column.Live.Type == ColumnType.Uuid:
                return TryUuid(column, record.UserId, out value);
            case RecordField.UserId:
                return TryRequired(column, record.UserId, out value);
            case RecordField.DeviceType:
                return TryText(column, record.DeviceType, out value);
            case RecordField.Locale:
                return TryText(column, record.Locale, out value);
            case RecordField.MaskedIp:
                return TryToken(column, record.MaskedIp, out value);
            case RecordField.MaskedDeviceId:
                return TryToken(column, record.MaskedDeviceId, out value);
            case RecordField.CreateDate:
                var day = record.CreateDate.DayNumber - Epoch.DayNumber;
                value = column.Live.Type == ColumnType.Date ? day : (object)((day * TimeSpan.MicrosecondsPerDay) + MicrosecondsOf(record));
                return null;
            default:
                return TryVersion(column, record.AppVersion, out value);
        }
    }

    // A script may have set another day: then its midnight.
    private static long MicrosecondsOf(LoginRecord record) =>
        record.GetCreatedAt() is { UtcDateTime: var moment } && DateOnly.FromDateTime(moment) == record.CreateDate
            ? moment.TimeOfDay.Ticks / TimeSpan.TicksPerMicrosecond
            : 0;

    // The forms that people and PostgreSQL write; .NET would take others, too.
    private static Refusal? TryUuid(TargetColumn column, string? text, out object? value)
    {
        Guid uuid = default;
        var isUuid = text is not null && text.All(c => char.IsAsciiHexDigit(c) || c is '-' or '{' or '}')
            && (Guid.TryParseExact(text, "D", out uuid) || Guid.TryParseExact(text, "N", out uuid) || Guid.TryParseExact(text, "B", out uuid));
        value = isUuid ? uuid : null;
        return value is not null ? null : text is null ? new Refusal(RejectReason.NullField, column.BodyField) : new Refusal(RejectReason.InvalidUuid, column.BodyField);
    }

    private Refusal? TryVersion(TargetColumn column, string? text, out object? value)
    {
        value = null;
        if (text is null)
        {
            return new Refusal(RejectReason.NullField, LoginFields.AppVersion);
        }

        if (column.Field != RecordField.AppVersion)
        {
            if (AppVersion.TryParse(text, out var parts) is { } reason)
            {
                return new Refusal(reason, LoginFields.AppVersion);
            }

            return TryInteger(column, column.Field switch
            {
                RecordField.AppVersionMajor => parts.Major,
                RecordField.AppVersionMinor => parts.Minor,
                _ => parts.Patch,
            }, out value);
        }

        if (column.Live.Type == ColumnType.Text)
        {
            return AppVersionEncoding.TryEncode(table.VersionFormat, text, out string encoded) is { } rejected
                ? Refusal.Of(rejected)
                : TryText(column, encoded, out value);
        }

        return AppVersionEncoding.TryEncode(table.VersionFormat, text, out int packed) is { } rejection
            ? Refusal.Of(rejection)
            : TryInteger(column, packed, out value);
    }

    private static Refusal? TryInteger(TargetColumn column, int number, out object? value)
    {
        value = column.Live.Type switch
        {
            _ when number > column.LargestInteger => null,
            ColumnType.Int2 => (short)number,
            ColumnType.Int8 => (long)number,
            _ => number,
        };
        return value is null ? new Refusal(RejectReason.VersionOutOfRange, column.BodyField) : null;
    }

    private Refusal? TryRequired(TargetColumn column, string? text, out object? value)
    {
        value = null;
        return text switch
        {
            null => new Refusal(RejectReason.NullField, column.BodyField),
            "" => new Refusal(RejectReason.EmptyField, column.BodyField),
            _ => TryText(column, text, out value),
        };
    }

    private static Refusal? TryToken(TargetColumn column, string? token, out object? value)
    {
        value = token;
        return token?.Length > column.Live.MaxLength ? new Refusal(RejectReason.TooLong, column.BodyField) : null;
    }

    private Refusal? TryText(TargetColumn column, string? text, out object? value)
    {
        value = text;
        if (text is null)
        {
            return null;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return new Refusal(RejectReason.NulCharacter, column.BodyField);
        }

        if (!SurrogatePairs.AreWhole(text))
        {
            return new Refusal(RejectReason.LoneSurrogate, column.BodyField);
        }

        // PostgreSQL counts code points: never more than UTF-16 units.
        if (column.Live.MaxLength is not { } limit || text.Length <= limit || CodePointsWithin(text, limit) is not { } cut)
        {
            return null;
        }

        value = text[..cut];
        return onTooLong == TooLongAction.Truncate ? null : new Refusal(RejectReason.TooLong, column.BodyField);
    }

    /// <summary>Length in UTF-16 units of the first <paramref name="limit"/> code points; null when the text has no more than those.</summary>
    private static int? CodePointsWithin(string text, int limit)
    {
        var at = 0;
        for (var count = 0; count < limit && at < text.Length; count++)
        {
            at += char.IsHighSurrogate(text[at]) ? 2 : 1;
        }

        return at < text.Length ? at : null;
    }
}
