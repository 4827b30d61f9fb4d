using LoginEtl.Postgres.Catalog;
using LoginEtl.Settings;

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
    IReadOnlyList<LiveColumn> Columns, IReadOnlyList<UniqueKey> UniqueKeys, IReadOnlyList<RowRule> Rules)
{
    /// <summary>What it calls our columns, as the settings say.</summary>
    public ColumnNames Names { get; init; } = ColumnNames.Default;

    /// <summary>By which a later transaction sees whether it is still so.</summary>
    public TableFingerprint? Fingerprint { get; init; }

    /// <summary>INSERT is granted on the table as a whole, and not on columns alone.</summary>
    public bool IsInsertable { get; init; } = true;

    /// <summary>A partition of it, at some depth, is a foreign table.</summary>
    public bool HasForeignPartition { get; init; }

    /// <summary>Triggers before each row that is inserted, into it or into a partition: they may keep rows out, or fill columns.</summary>
    public IReadOnlyList<string> RowTriggers { get; init; } = [];

    /// <summary>Rules for INSERT, which COPY passes by.</summary>
    public IReadOnlyList<string> InsertRules { get; init; } = [];

    /// <summary>
    /// What decides on a row's partition, by the name of the partitioned table, which may be a partition itself: its
    /// columns, and an empty name for an expression.
    /// </summary>
    public ILookup<string, string> PartitionKeys { get; init; } = Array.Empty<string>().ToLookup(k => k);

    /// <summary>What it calls a field's column, which it may lack.</summary>
    public string NameOf(RecordField field) => Names.Of(field.Column());

    /// <summary>A field's column; null where it lacks it.</summary>
    public LiveColumn? Find(RecordField field) => Columns.FirstOrDefault(c => c.Name == NameOf(field));
}
