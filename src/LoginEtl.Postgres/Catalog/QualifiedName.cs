namespace LoginEtl.Postgres.Catalog;

/// <summary>A relation's schema and name as the catalogue has them, unquoted.</summary>
internal sealed record QualifiedName(string Schema, string Name)
{
    /// <summary>As SQL takes it.</summary>
    public string Quoted => $"{Quote(Schema)}.{Quote(Name)}";

    /// <summary>As SQL takes it in a text, to be cast to regclass.</summary>
    public string Literal => $"'{Quoted.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The same schema, another name.</summary>
    public QualifiedName Beside(string name) => this with { Name = name };

    /// <summary>An identifier as SQL takes it.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>As people read it.</summary>
    public override string ToString() => $"{Schema}.{Name}";
}
