using LoginEtl.Faults;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Checks;

/// <summary>The checks of the user's own table.</summary>
internal sealed class TableChecks(CheckList list, LiveTable table, SinkOptions options)
{
    /// <summary>Runs them.</summary>
    /// <param name="beside">Ledgers and quarantine, as far as they are there.</param>
    /// <param name="views">For analysts, that pass row security by.</param>
    public void Run(IReadOnlyList<CompanionTable> beside, IReadOnlyList<string> views)
    {
        IReadOnlyList<TargetColumn> columns = [];
        if (list.Require("Table columns", ColumnTexts(), () => columns = TargetCheck.MatchColumns(table), () => CheckFormat(columns)))
        {
            CheckOthers(columns);
            CheckKeys(columns);
            CheckGrants(columns, beside);
        }

        CheckRowSecurity(beside, views);
        CheckTriggers();
    }

    private void CheckOthers(IReadOnlyList<TargetColumn> columns)
    {
        if (table.RowTriggers.Count > 0 && TargetCheck.Unfilled(table, columns) is { } unfilled)
        {
            list.Add(
                "Other columns", $"{unfilled.Name} is NOT NULL and not written: only a trigger ({Names(table.RowTriggers)}) may fill it",
                "See that the trigger does, or give the column a default.");
            return;
        }

        list.Require("Other columns", OtherTexts(columns), () => TargetCheck.RequireOthersFilled(table, columns));
    }

    private void CheckTriggers()
    {
        var found = new[]
        {
            table.RowTriggers.Count == 0 ? null : $"a trigger before each row ({Names(table.RowTriggers)}) may keep rows out or route them: they are counted as suppressed",
            table.InsertRules.Count == 0 ? null : $"a rule for INSERT ({Names(table.InsertRules)}) is passed by, as COPY does, but for batches with bad rows",
        }.OfType<string>().ToList();
        list.Add(
            "Triggers and rules", found.Count == 0 ? "none that change what is written" : string.Join("; ", found),
            found.Count == 0 ? null
                : table.InsertRules.Count > 0 ? "Make a trigger of the rule; -OnSuppressed Accept where rows are kept out on purpose."
                : "Nothing where the trigger only changes rows; -OnSuppressed Accept where it keeps some out on purpose.");
    }

    private static string Names(IReadOnlyList<string> names) => string.Join(", ", names);

    private void CheckFormat(IReadOnlyList<TargetColumn> columns)
    {
        if (columns.Count > 0)
        {
            TargetCheck.VersionFormat(table, columns, options.AppVersionFormat);
        }
    }

    private void CheckKeys(IReadOnlyList<TargetColumn> columns)
    {
        var keys = ConflictRule.Usable(table, columns);
        if (options.OnConflict != ConflictAction.Quarantine)
        {
            var wanted = keys.FirstOrDefault(k => options.ConflictKey is null || k.Name == options.ConflictKey);
            list.Require("Unique keys", $"-OnConflict {options.OnConflict} goes by {wanted}", () => ConflictRule.Choose(table, columns, options));
        }
        else if (keys.Count > 0)
        {
            list.Add(
                "Unique keys", $"{table.Name} has {string.Join(", ", keys)}: a row whose key is there goes to quarantine",
                "If that is not meant, choose -OnConflict Skip, Update or Fail.");
        }
        else
        {
            list.Add("Unique keys", "none on what is written");
        }
    }

    private void CheckGrants(IReadOnlyList<TargetColumn> columns, IReadOnlyList<CompanionTable> beside) => list.Require(
        "Grants", "the user may do what a run does",
        [() => TargetCheck.RequireGranted(table, columns), () => RequireConflictGrants(columns), .. beside.Select<CompanionTable, Action>(b => b.RequireGranted)]);

    private void RequireConflictGrants(IReadOnlyList<TargetColumn> columns)
    {
        ConflictRule? rule;
        try
        {
            rule = ConflictRule.Choose(table, columns, options);
        }
        catch (LoginEtlException)
        {
            // The check of the unique keys says so.
            return;
        }

        rule?.RequireGranted(table, columns);
    }

    private void CheckRowSecurity(IReadOnlyList<CompanionTable> beside, IReadOnlyList<string> views)
    {
        var names = beside.Where(b => b.HasRowSecurity).Select(b => b.Name).ToList();
        if (names.Count > 0)
        {
            list.Add(
                "Row security", $"applies to this user on {string.Join(", ", names)}: entries that it hides make messages look unsettled",
                "Turn it off there, or let the user see every row.");
        }
        else if (views.Count > 0)
        {
            list.Add(
                "Row security", $"was turned on for {table.Name} after views for analysts were made, and they pass it by: {string.Join(", ", views)} show every row to whoever may read them",
                "Drop the views, or REVOKE them from whoever is not to see every row.");
        }
        else if (table.HasRowSecurity)
        {
            list.Add("Row security", $"applies to this user on {table.Name}: rows are inserted one by one, and those it refuses go to quarantine", "Exempt the user if speed matters.");
        }
        else
        {
            list.Add("Row security", "does not apply");
        }
    }

    private string ColumnTexts() => string.Join(", ", table.Columns.Select(c => $"{c.Name} {c.TypeText}"));

    private string OtherTexts(IReadOnlyList<TargetColumn> columns)
    {
        var others = table.Columns.Where(c => columns.All(w => w.Live.Name != c.Name)).Select(c => c.Name).ToList();
        return others.Count == 0 ? "none" : $"{string.Join(", ", others)}: filled by default or left empty";
    }
}
