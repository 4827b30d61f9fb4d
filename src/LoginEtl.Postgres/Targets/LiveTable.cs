using LoginEtl.Postgres.Schema;

namespace LoginEtl.Postgres.Targets;

/// <summary>The user's table as it is.</summary>
/// <param name="Oid">By which the server knows it.</param>
/// <param name="Name">Schema and name.</param>
/// <param name="Kind"><c>pg_class.relkind</c>: r ordinary, p partitioned, v view, f foreign, …</param>
/// <param name="IsLogged">Neither the table nor any of its partitions is UNLOGGED or temporary.</param>
/// <param name="HasRowSecurity">Row security applies to this user: COPY is refused, INSERT checks every row.</param>
/// <param name="Columns">In the table's order.</param>
/// <param name="UniqueKeys">The primary key first.</param>
/// <param name="Rules">What it says of a row alone.</param>
internal sealed record LiveTable(
    uint Oid, QualifiedName Name, char Kind, bool IsLogged, bool HasRowSecurity,
    IReadOnlyList<LiveColumn> Columns, IReadOnlyList<UniqueKey> UniqueKeys, IReadOnlyList<RowRule> Rules);
