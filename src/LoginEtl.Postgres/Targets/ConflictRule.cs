using LoginEtl.Faults;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>What happens to a row whose key is in the user's table already; never <see cref="ConflictAction.Quarantine"/>.</summary>
/// <param name="Action">Skip, Update or Fail.</param>
/// <param name="Key">The key it is about: the arbiter of ON CONFLICT.</param>
internal sealed record ConflictRule(ConflictAction Action, UniqueKey Key)
{
    /// <summary>The rule that the options mean for this table; null where conflicts go to quarantine.</summary>
    /// <exception cref="LoginEtlException"><c>NoUniqueKey</c>, <c>ConflictKeyNeeded</c>, <c>ConflictKeyNotFound</c>.</exception>
    public static ConflictRule? Choose(LiveTable table, IReadOnlyList<TargetColumn> columns, SinkOptions options) =>
        options.OnConflict == ConflictAction.Quarantine ? null : new(options.OnConflict, ChooseKey(table, Usable(table, columns), options));

    /// <exception cref="LoginEtlException"><c>TableAccessDenied</c>.</exception>
    public void RequireGranted(LiveTable table, IReadOnlyList<TargetColumn> columns)
    {
        if (DeniedColumn(columns) is { } denied)
        {
            throw new LoginEtlException(
                ErrorId.TableAccessDenied, $"-OnConflict {Action} reads or changes {table.Name} (column {denied}), and the user may not.",
                Action == ConflictAction.Update ? $"GRANT SELECT, UPDATE ON {table.Name} TO the user." : $"GRANT SELECT ON {table.Name} TO the user.");
        }
    }

    /// <summary>Keys that rows written here can meet: of an identity column, say, there is never a conflict.</summary>
    public static IReadOnlyList<UniqueKey> Usable(LiveTable table, IReadOnlyList<TargetColumn> columns) =>
        [.. table.UniqueKeys.Where(k => k.IsArbiter && k.Columns.All(name => columns.Any(c => c.Live.Name == name)))];

    /// <summary>Whether the database refused a row because of this key.</summary>
    public bool IsConflict(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.UniqueViolation && Key.Names.Contains(e.ConstraintName ?? "");

    /// <summary>What ends a run under <see cref="ConflictAction.Fail"/>.</summary>
    public LoginEtlException Conflict(LiveTable table) => new(
        ErrorId.UniqueKeyConflict, $"A row of the batch has a key that is in {table.Name} already: {Key}.",
        "Look for rows that another writer made, or choose -OnConflict Skip, Update or Quarantine; nothing of this batch was written, quarantined or deleted.");

    private static UniqueKey ChooseKey(LiveTable table, IReadOnlyList<UniqueKey> keys, SinkOptions options)
    {
        if (keys.Count == 0)
        {
            throw new LoginEtlException(
                ErrorId.NoUniqueKey,
                $"-OnConflict {options.OnConflict} needs a unique key of {table.Name} on columns that are written, and there is none.",
                "Leave -OnConflict out, or add a unique constraint that is neither partial nor deferrable.");
        }

        var names = string.Join(", ", keys);
        if (options.ConflictKey is { } wanted)
        {
            return keys.FirstOrDefault(k => k.Name == wanted) ?? throw new LoginEtlException(
                ErrorId.ConflictKeyNotFound, $"{table.Name} has no usable unique key {(Quotable.IsName(wanted) ? wanted : "of the name that was given")}; it has {names}.",
                "Name one of these with -ConflictKey, as the catalogue spells it.");
        }

        return keys is [var only] ? only : throw new LoginEtlException(
            ErrorId.ConflictKeyNeeded, $"{table.Name} has several unique keys: {names}.",
            $"Say with -ConflictKey which of them -OnConflict {options.OnConflict} is about.");
    }

    private string? DeniedColumn(IReadOnlyList<TargetColumn> columns) => Action == ConflictAction.Fail ? null : columns.FirstOrDefault(c =>
    {
        var isKey = Key.Columns.Contains(c.Live.Name);
        // EXCLUDED counts as reading the column.
        var isRead = isKey || Action == ConflictAction.Update;
        return (isRead && !c.Live.IsSelectable) || (Action == ConflictAction.Update && !isKey && !c.Live.IsUpdatable);
    })?.Live.Name;
}
