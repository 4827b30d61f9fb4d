using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Tells the rows that break a rule of the table from the others, all at once, so that only they need a subtransaction
/// each. A guess and no more: what the table says when a row is inserted decides, and a trigger may change a row before.
/// </summary>
internal static class SuspectRows
{
    private const string Label = "login_etl_rules";

    /// <summary>
    /// Sets <c>good</c> and <c>bad</c>, the places of rows, for <see cref="RowLoop"/>; all are good where nothing is known
    /// or a rule cannot be asked. With ON CONFLICT rows of a key must stay in their order, so all are good there.
    /// </summary>
    /// <remarks>
    /// A rule is asked under the system's search path, as it was read: under the run's, what others make after that could be
    /// called in the place of what it means.
    /// </remarks>
    public static string Split(TargetTable table)
    {
        const string all = "good := ARRAY(SELECT pg_catalog.generate_series(1, coalesce(pg_catalog.array_length(a0, 1), 0)));";
        var (conditions, read) = Conditions(table);
        return conditions.Count == 0 || table.Conflict is { Action: ConflictAction.Skip or ConflictAction.Update } ? all :
            $"""
            <<{Label}>>
                DECLARE
                    path text := current_setting('search_path'); {string.Concat(Enums(table).Select(i => $"labels{i} text[] := pg_catalog.enum_range(NULL::{table.Columns[i].Live.TypeName})::text[]; "))}
                BEGIN
                    PERFORM set_config('search_path', '{Queries.SystemPath}', true);
                    SELECT coalesce(pg_catalog.array_agg(place ORDER BY place) FILTER (WHERE NOT suspect), '{"{}"}'),
                           coalesce(pg_catalog.array_agg(place ORDER BY place) FILTER (WHERE suspect), '{"{}"}')
                    INTO good, bad
                    FROM (SELECT login_etl_place::int AS place, {string.Join(" OR ", conditions.Select(c => $"({c}) IS FALSE"))} AS suspect
                          FROM ROWS FROM ({string.Join(", ", read.Select(i => $"pg_catalog.unnest(a{i})"))}) WITH ORDINALITY AS r({string.Join(", ", read.Select(i => QualifiedName.Quote(table.Columns[i].Live.Name)))}, login_etl_place)) s;
                    PERFORM set_config('search_path', path, true);
                EXCEPTION WHEN OTHERS THEN
                    {all}
                END;
            """;
    }

    private static IEnumerable<int> Enums(TargetTable table) =>
        Enumerable.Range(0, table.Columns.Count).Where(i => table.Columns[i].Live.Type == ColumnType.Enum);

    /// <summary>The conditions that good rows meet, and the places of the columns that they read: one at least.</summary>
    private static (List<string> Conditions, List<int> Read) Conditions(TargetTable table)
    {
        var names = table.Columns.Select(c => c.Live.Name).ToList();
        var rules = table.Live.Rules.Where(r => r.Columns.All(names.Contains)).ToList();
        // A rule may read none, such as CHECK (false).
        var any = rules.Any(r => r.Columns.Count == 0) ? new[] { 0 } : [];
        var enums = Enums(table).ToList();
        return (
            [
                .. rules.Select(r => r.Condition),
                .. enums.Select(i => $"{QualifiedName.Quote(names[i])} = ANY ({Label}.labels{i})"),
            ],
            [.. rules.SelectMany(r => r.Columns).Select(c => names.IndexOf(c)).Concat(enums).Concat(any).Distinct().Order()]);
    }
}
