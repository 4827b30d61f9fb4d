namespace LoginEtl.Postgres.Targets;

/// <summary>What the table says of a row alone: NOT NULL, a check constraint, a domain's or an enum's.</summary>
/// <param name="Condition">SQL over the columns' names; false for a row that breaks it. As the catalogue prints it.</param>
/// <param name="Columns">The columns it reads.</param>
internal sealed record RowRule(string Condition, IReadOnlyList<string> Columns);
