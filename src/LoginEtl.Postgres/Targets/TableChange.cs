using LoginEtl.Faults;
using LoginEtl.Postgres.Faults;
using Npgsql;

namespace LoginEtl.Postgres.Targets;

/// <summary>A table that is not any more what rows were encoded for.</summary>
internal static class TableChange
{
    /// <summary>Whether a fault is what a changed table looks like. Reading it again tells.</summary>
    public static bool MayExplain(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.ProtocolViolation => SqlStates.IsMismatchOfTypes(e),
        PostgresErrorCodes.InvalidBinaryRepresentation or PostgresErrorCodes.DatatypeMismatch => true,
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn => true,
        PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.WrongObjectType => true,
        PostgresErrorCodes.InvalidColumnReference or PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.InsufficientPrivilege => true,
        GeneratedAlways => true,
        _ => false,
    };

    /// <summary>The table can be written no more.</summary>
    /// <param name="was">As it was read before.</param>
    /// <param name="now">As it is; null where there is none of its name.</param>
    /// <param name="why">What stands against writing now.</param>
    /// <param name="commitUnknown">Whether the batch in hand may have been committed before.</param>
    public static LoginEtlException Refused(LiveTable was, LiveTable? now, LoginEtlException why, bool commitUnknown)
    {
        var changes = now is null ? "" : Between(was, now);
        return new LoginEtlException(
            ErrorId.TableChanged with { Kind = why.Kind }, $"{was.Name} changed under the run{(changes.Length > 0 ? $" ({changes})" : "")}: {why.Message}",
            $"{why.Remedy} Then run again: nothing of this batch was written, quarantined or deleted.")
        {
            CommitUnknown = commitUnknown,
        };
    }

    /// <summary>The server could not read values as the table's types, and the table looks as it did.</summary>
    public static LoginEtlException Unread(LiveTable table, PostgresException e, bool commitUnknown) => new(
        ErrorId.TableChanged, $"The database could not read values as the types of {table.Name} ({DatabaseFault.Names(e)}), which looks as it did.",
        "Look for who changes its types, then run again: nothing of this batch was written, quarantined or deleted.")
    {
        CommitUnknown = commitUnknown,
    };

    /// <summary>It is another one whenever it is looked at.</summary>
    public static LoginEtlException Restless(LiveTable table, bool commitUnknown) => new(
        ErrorId.TableChanged, $"{table.Name} changes faster than a batch can be written to it.",
        "Look for who changes it again and again, then run again: nothing of this batch was written, quarantined or deleted.")
    {
        CommitUnknown = commitUnknown,
    };

    /// <summary>What is another, in words; empty where nothing is that a writer minds.</summary>
    public static string Between(LiveTable was, LiveTable now) => string.Join("; ", Parts(was, now));

    private static IEnumerable<string> Parts(LiveTable was, LiveTable now)
    {
        if (was.Oid != now.Oid)
        {
            yield return "it is another table of that name";
        }

        foreach (var column in now.Columns)
        {
            if (was.Columns.FirstOrDefault(c => c.Name == column.Name) is not { } before)
            {
                yield return $"column {column.Name} is new";
            }
            else if (before.TypeText != column.TypeText)
            {
                yield return $"column {column.Name} is {column.TypeText} and was {before.TypeText}";
            }
            else if (before != column)
            {
                yield return $"column {column.Name} is declared otherwise";
            }
        }

        foreach (var gone in was.Columns.Where(c => now.Columns.All(n => n.Name != c.Name)))
        {
            yield return $"column {gone.Name} is gone";
        }

        if (Keys(was) != Keys(now))
        {
            yield return $"its unique keys are {Keys(now)} and were {Keys(was)}";
        }

        if (!was.RowTriggers.SequenceEqual(now.RowTriggers) || !was.InsertRules.SequenceEqual(now.InsertRules))
        {
            yield return "its triggers or rules are others";
        }

        if (was.HasRowSecurity != now.HasRowSecurity)
        {
            yield return now.HasRowSecurity ? "row security applies" : "row security no longer applies";
        }
    }

    private static string Keys(LiveTable table) => table.UniqueKeys.Count == 0 ? "none" : string.Join(", ", table.UniqueKeys);

    // generated_always: a value for a column that takes none.
    private const string GeneratedAlways = "428C9";
}
