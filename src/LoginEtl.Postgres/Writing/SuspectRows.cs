using LoginEtl.Connections;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;

namespace LoginEtl.Postgres.Writing;

/// <summary>
/// Tells the rows that break a rule of the table from the others, all at once, so that only they need a subtransaction
/// each. A guess and no more: what the table says when a row is inserted decides, and a trigger may change a row before.
/// </summary>
internal static class SuspectRows
{
    /// <summary>
    /// Sets <c>good</c> and <c>bad</c>, the places of rows, for <see cref="RowLoop"/>; all are good where nothing is known
    /// or a rule cannot be asked. With ON CONFLICT rows of a key must stay in their order, so all are good there.
    /// </summary>
    public static string Split(TargetTable table)
    {
        const string all = "good := ARRAY(SELECT generate_series(1, coalesce(array_length(a0, 1), 0)));";
        var conditions = Conditions(table);
        return conditions.Count == 0 || table.Conflict is { Action: ConflictAction.Skip or ConflictAction.Update } ? all :
            $"""
            BEGIN
                    SELECT coalesce(array_agg(place ORDER BY place) FILTER (WHERE NOT suspect), '{"{}"}'),
                           coalesce(array_agg(place ORDER BY place) FILTER (WHERE suspect), '{"{}"}')
                    INTO good, bad
                    FROM (SELECT login_etl_place::int AS place, {string.Join(" OR ", conditions.Select(c => $"({c}) IS FALSE"))} AS suspect
                          FROM unnest({string.Join(", ", table.Columns.Select((_, i) => $"a{i}"))}) WITH ORDINALITY AS r({table.ColumnList}, login_etl_place)) s;
                EXCEPTION WHEN OTHERS THEN
                    {all}
                END;
            """;
    }

    private static List<string> Conditions(TargetTable table)
    {
        var written = table.Columns.Select(c => c.Live.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. table.Live.Rules.Where(r => written.IsSupersetOf(r.Columns)).Select(r => r.Condition),
            .. table.Columns.Where(c => c.Live.Type == ColumnType.Enum).Select(
                c => $"{QualifiedName.Quote(c.Live.Name)} = ANY (enum_range(NULL::{c.Live.TypeText})::text[])"),
        ];
    }
}
