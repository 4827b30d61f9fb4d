namespace LoginEtl.Postgres.Targets;

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
