using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.Postgres.Targets;

/// <summary>Matches a live table with what is to be written, or says what stands against it.</summary>
internal static class TargetCheck
{
    // siv1. or mac1. and 50 characters: version, key id and 32 bytes in base64url.
    private const int ShortestToken = 55;

    // Three parts of five digits, two dots.
    private const int SortableLength = 17;

    private static readonly RecordField[] Plain =
        [RecordField.UserId, RecordField.DeviceType, RecordField.MaskedIp, RecordField.MaskedDeviceId, RecordField.Locale, RecordField.CreateDate];

    private static readonly RecordField[] OneVersion = [RecordField.AppVersion];
    private static readonly RecordField[] ThreeVersions = [RecordField.AppVersionMajor, RecordField.AppVersionMinor, RecordField.AppVersionPatch];

    /// <exception cref="LoginEtlException">The table cannot hold the rows.</exception>
    public static TargetTable Match(LiveTable table, SinkOptions options)
    {
        RequireTable(table);
        RequireDurable(table);
        var columns = MatchColumns(table);
        RequireGranted(table, columns);
        RequireOthersFilled(table, columns);
        var format = VersionFormat(table, columns, options.AppVersionFormat);
        var rule = ConflictRule.Choose(table, columns, options);
        rule?.RequireGranted(table, columns);
        return new TargetTable(table, columns, format, rule);
    }

    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>: a view, say.</exception>
    public static void RequireTable(LiveTable table)
    {
        if (table.Kind is not ('r' or 'p'))
        {
            throw Unsuitable(table, "is not a table", "Name an ordinary or partitioned table: views and foreign tables make no promise of durability.");
        }

        if (table.HasForeignPartition)
        {
            throw Unsuitable(table, "has a partition that is a foreign table", "Detach it: a foreign table makes no promise of durability.");
        }
    }

    /// <exception cref="LoginEtlException"><c>DatabaseNotDurable</c>.</exception>
    public static void RequireDurable(LiveTable table)
    {
        if (!table.IsLogged)
        {
            throw new LoginEtlException(
                ErrorId.DatabaseNotDurable, $"{table.Name}, or a partition of it, is UNLOGGED or temporary: a crash empties it.",
                $"ALTER TABLE {table.Name} SET LOGGED, or write to another table.");
        }
    }

    /// <summary>Whoever decides by all rows has to see them all.</summary>
    /// <exception cref="LoginEtlException"><c>RowSecurity</c>.</exception>
    public static void RequireAllRows(LiveTable table)
    {
        if (table.HasRowSecurity)
        {
            throw DatabaseFault.HiddenRows($"{table.Name}");
        }
    }

    /// <summary>The columns that are written, in the table's order.</summary>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>: one is missing, computed, of another type or too short.</exception>
    public static IReadOnlyList<TargetColumn> MatchColumns(LiveTable table)
    {
        RecordField[] fields = [.. Plain, .. VersionFields(table)];
        RequireColumns(table, fields);
        var wanted = fields.ToDictionary(table.NameOf, StringComparer.Ordinal);
        var columns = table.Columns.Where(c => wanted.ContainsKey(c.Name)).Select(c => new TargetColumn(wanted[c.Name], c)).ToList();
        foreach (var column in columns)
        {
            RequireRoom(table, column);
        }

        return columns;
    }

    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>: the table lacks one of them, by the name that the settings give it.</exception>
    public static void RequireColumns(LiveTable table, params IEnumerable<RecordField> fields)
    {
        var missing = fields.Where(f => table.Find(f) is null).Select(f => f.Column()).ToList();
        if (missing.Count > 0)
        {
            throw Unsuitable(
                table, $"lacks the column{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing.Select(m => table.Names.AreGivenFor(m) ? $"{Quotable.Show(table.Names.Of(m))} ({m})" : m))}",
                $"Say what the table calls each, exactly, with -ColumnName @{{ {missing[0]} = '…' }}; or add what is missing, or name another table.");
        }
    }

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>.</exception>
    public static void RequireGranted(LiveTable table, IReadOnlyList<TargetColumn> columns)
    {
        if (columns.FirstOrDefault(c => !c.Live.IsInsertable) is { Live.Name: var name })
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"The user may not insert into {table.Name} (column {name}).", $"GRANT INSERT ON {table.Name} TO the user.");
        }
    }

    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>: a column that is not written can be left empty by nobody.</exception>
    public static void RequireOthersFilled(LiveTable table, IReadOnlyList<TargetColumn> columns)
    {
        if (table.RowTriggers.Count == 0 && Unfilled(table, columns) is { } unfilled)
        {
            throw Unsuitable(table, $"has a column {unfilled.Name} that is NOT NULL and that nothing fills", "Give it a default, or make it nullable.");
        }
    }

    /// <summary>A column that is NOT NULL and not written, and that a trigger alone may fill; null where there is none.</summary>
    public static LiveColumn? Unfilled(LiveTable table, IReadOnlyList<TargetColumn> columns) =>
        table.Columns.FirstOrDefault(c => c.IsRequired && columns.All(w => w.Live.Name != c.Name));

    /// <summary>The format that the options and the column's type come to.</summary>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>.</exception>
    public static AppVersionFormat VersionFormat(LiveTable table, IReadOnlyList<TargetColumn> columns, AppVersionFormat format) =>
        VersionFormat(table, columns.First(c => c.BodyField == Records.LoginFields.AppVersion), format);

    // Who names one of the three means them, whatever else the table has.
    private static RecordField[] VersionFields(LiveTable table)
    {
        var areNamed = ThreeVersions.Any(v => table.Names.AreGivenFor(v.Column())) && !table.Names.AreGivenFor(Records.LoginFields.AppVersion);
        return areNamed || (table.Find(RecordField.AppVersion) is null && ThreeVersions.All(v => table.Find(v) is not null)) ? ThreeVersions : OneVersion;
    }

    /// <summary>Whether a column can hold what is written there.</summary>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>.</exception>
    public static void RequireRoom(LiveTable table, TargetColumn column)
    {
        var live = column.Live;
        if (live.IsComputed)
        {
            throw Unsuitable(table, $"computes its column {live.Name}", "Name a table whose column takes values.");
        }

        var fits = column.Field switch
        {
            RecordField.CreateDate => live.Type is ColumnType.Date or ColumnType.Timestamp or ColumnType.TimestampTz,
            RecordField.AppVersion => live.Type is ColumnType.Int2 or ColumnType.Int4 or ColumnType.Int8 or ColumnType.Text,
            RecordField.AppVersionMajor or RecordField.AppVersionMinor or RecordField.AppVersionPatch =>
                live.Type is ColumnType.Int2 or ColumnType.Int4 or ColumnType.Int8,
            RecordField.MaskedIp or RecordField.MaskedDeviceId => live.Type == ColumnType.Text,
            RecordField.UserId => live.Type is ColumnType.Text or ColumnType.Enum or ColumnType.Uuid,
            _ => live.Type is ColumnType.Text or ColumnType.Enum,
        };
        if (!fits)
        {
            throw Unsuitable(table, $"has a column {live.Name} of type {live.TypeText}, which cannot hold it", "Change the column's type, or write to another table.");
        }

        if (column.Field is RecordField.MaskedIp or RecordField.MaskedDeviceId && live.MaxLength < ShortestToken)
        {
            throw Unsuitable(
                table, $"has a column {live.Name} of type {live.TypeText}, and tokens have {ShortestToken} characters and more",
                $"Widen it to varchar({Tokens.Token.MaxLength}): a token cut short can never be recovered.");
        }

        if (column.Field is RecordField.MaskedIp or RecordField.MaskedDeviceId)
        {
            RequireExact(table, live);
        }
    }

    /// <summary>Whether its tokens can be told from each other: else rows of one key pass for another's, and of one person for another's.</summary>
    /// <exception cref="LoginEtlException"><c>TableUnsuitable</c>.</exception>
    public static void RequireExact(LiveTable table, LiveColumn masked)
    {
        if (masked.LooseCollation is { } collation)
        {
            throw Unsuitable(
                table, $"has a column {masked.Name} whose collation {collation} takes different tokens for the same",
                $"Give it another: ALTER TABLE {table.Name} ALTER {masked.Name} TYPE {masked.TypeText} COLLATE \"C\".");
        }
    }

    private static AppVersionFormat VersionFormat(LiveTable table, TargetColumn column, AppVersionFormat format)
    {
        if (column.Field != RecordField.AppVersion)
        {
            return format == AppVersionFormat.Auto ? format : throw Unsuitable(
                table, $"holds versions in three columns, and the format {format} makes one value", "Leave -AppVersionFormat out.");
        }

        var live = column.Live;
        var isText = live.Type == ColumnType.Text;
        var resolved = format != AppVersionFormat.Auto ? format : isText ? AppVersionFormat.Text : AppVersionFormat.Packed;
        if (isText != resolved is AppVersionFormat.Text or AppVersionFormat.Sortable)
        {
            throw Unsuitable(table, $"has a column {live.Name} of type {live.TypeText}, which does not take the format {resolved}", "Leave -AppVersionFormat out, or name one of that type.");
        }

        if (resolved == AppVersionFormat.Packed && live.Type == ColumnType.Int2)
        {
            throw Unsuitable(table, $"has a column {live.Name} of type {live.TypeText}, too small for packed versions", "Name -AppVersionFormat Nibble or Digits, or widen the column.");
        }

        if (resolved == AppVersionFormat.Sortable && live.MaxLength < SortableLength)
        {
            throw Unsuitable(table, $"has a column {live.Name} of type {live.TypeText}, and sortable versions have {SortableLength} characters", "Widen the column.");
        }

        return resolved;
    }

    private static LoginEtlException Unsuitable(LiveTable table, string what, string remedy) =>
        new(ErrorId.TableUnsuitable, $"{table.Name} {what}.", remedy);
}
