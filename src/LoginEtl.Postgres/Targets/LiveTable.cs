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

/// <summary>A column as the live table has it.</summary>
/// <param name="Name">Unquoted.</param>
/// <param name="Type">Of the base type, for a domain.</param>
/// <param name="TypeText">As people read it: <c>character varying(128)</c>. In a statement another type of that name could be meant.</param>
/// <param name="TypeName">Of the base type, too, quoted, with its schema: it means the same whatever the search path is by then.</param>
/// <param name="MaxLength">In characters (code points); null without a limit.</param>
/// <param name="IsRequired">NOT NULL, and nothing else fills it: no default, identity or generation.</param>
/// <param name="IsComputed">Generated, or an identity that takes no value.</param>
/// <param name="IsInsertable">The user may write it.</param>
/// <param name="IsSelectable">The user may read it.</param>
/// <param name="IsUpdatable">The user may change it.</param>
internal sealed record LiveColumn(
    string Name, ColumnType Type, string TypeText, string TypeName, int? MaxLength, bool IsRequired, bool IsComputed, bool IsInsertable,
    bool IsSelectable, bool IsUpdatable)
{
    /// <summary>A collation by which other texts are the same (nondeterministic); null where it has none such.</summary>
    public string? LooseCollation { get; init; }
}

/// <summary>What the table says of a row alone: NOT NULL, a check constraint, a domain's or an enum's.</summary>
/// <param name="Condition">SQL over the columns' names; false for a row that breaks it. As the catalogue prints it.</param>
/// <param name="Columns">The columns it reads.</param>
internal sealed record RowRule(string Condition, IReadOnlyList<string> Columns);

/// <summary>A unique key of the user's own table.</summary>
/// <param name="Name">Of its index, which is its constraint's too.</param>
/// <param name="Columns">In the key's order, without expressions.</param>
/// <param name="IsArbiter">ON CONFLICT can go by it: plain columns, checked at once and for every row.</param>
/// <param name="Names">Under which violations name it: its own, and its partitions'.</param>
internal sealed record UniqueKey(string Name, IReadOnlyList<string> Columns, bool IsArbiter, IReadOnlyList<string> Names)
{
    /// <summary>As people read it.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", Columns)})";
}
