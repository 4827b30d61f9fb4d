using LoginEtl.Contract;
using LoginEtl.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Records;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Writing;

/// <summary>What the columns of a live table take, as rows are encoded for it.</summary>
internal sealed class TableRules : ITableRules
{
    private readonly RowEncoder _encoder;

    private TableRules(TargetTable table)
    {
        _encoder = new RowEncoder(table, TooLongAction.Quarantine);
        var user = table.Columns.First(c => c.Field == RecordField.UserId).Live;
        Limits = new ColumnLimits
        {
            IsOfTable = true,
            UserId = user.MaxLength,
            UserIdIsUuid = user.Type == ColumnType.Uuid,
            DeviceType = table.Columns.First(c => c.Field == RecordField.DeviceType).Live.MaxLength,
            Locale = table.Columns.First(c => c.Field == RecordField.Locale).Live.MaxLength,
            AppVersion = Version(table),
        };
    }

    /// <inheritdoc/>
    public ColumnLimits Limits { get; }

    /// <summary>Of a table as it is.</summary>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>.</exception>
    public static TableRules Of(LiveTable table, AppVersionFormat format)
    {
        TargetCheck.RequireTable(table);
        var columns = TargetCheck.MatchColumns(table);
        return new TableRules(new TargetTable(table, columns, TargetCheck.VersionFormat(table, columns, format), Conflict: null));
    }

    /// <inheritdoc/>
    public Rejection? Check(LoginRecord record) => _encoder.TryEncode(record, out _) is { } refusal ? new Rejection(refusal.Reason, refusal.Field) : null;

    private static VersionLimits Version(TargetTable table)
    {
        long Largest(RecordField field) => table.Columns.First(c => c.Field == field).LargestInteger;
        return table.Columns.FirstOrDefault(c => c.Field == RecordField.AppVersion) is not { } column
                ? VersionLimits.OfThree(Largest(RecordField.AppVersionMajor), Largest(RecordField.AppVersionMinor), Largest(RecordField.AppVersionPatch))
            : column.Live.Type == ColumnType.Text ? VersionLimits.OfText(table.VersionFormat, column.Live.MaxLength)
            : VersionLimits.OfInteger(table.VersionFormat, column.LargestInteger);
    }
}
