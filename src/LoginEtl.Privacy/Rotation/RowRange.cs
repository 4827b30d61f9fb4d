namespace LoginEtl.Rotation;

/// <summary>A stretch of a relation: blocks of a table, or ids of the quarantine.</summary>
/// <param name="Relation">As SQL takes it.</param>
/// <param name="First">First block or id.</param>
/// <param name="End">First block or id behind it.</param>
public readonly record struct RowRange(string Relation, long First, long End);
