namespace LoginEtl.Postgres.Targets;

/// <summary>A column as the live table has it.</summary>
/// <param name="Name">Unquoted.</param>
/// <param name="Type">Of the base type, for a domain.</param>
/// <param name="TypeText">As SQL writes it: <c>character varying(128)</c>.</param>
/// <param name="MaxLength">In characters (code points); null without a limit.</param>
/// <param name="IsRequired">NOT NULL, and nothing else fills it: no default, identity or generation.</param>
/// <param name="IsComputed">Generated, or an identity that takes no value.</param>
/// <param name="IsInsertable">The user may write it.</param>
/// <param name="IsSelectable">The user may read it.</param>
/// <param name="IsUpdatable">The user may change it.</param>
internal sealed record LiveColumn(
    string Name, ColumnType Type, string TypeText, int? MaxLength, bool IsRequired, bool IsComputed, bool IsInsertable,
    bool IsSelectable, bool IsUpdatable);
