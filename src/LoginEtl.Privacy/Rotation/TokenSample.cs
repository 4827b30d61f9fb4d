namespace LoginEtl.Rotation;

/// <summary>What a bounded look at a table has seen of its tokens.</summary>
/// <param name="Prefixes">How many tokens begin with which prefix, among the values looked at.</param>
/// <param name="IsWhole">All rows were looked at; else a random part of the table's blocks.</param>
public sealed record TokenSample(IReadOnlyList<PrefixCount> Prefixes, bool IsWhole)
{
    /// <summary>Values of an attribute that are tokens.</summary>
    public IEnumerable<PrefixCount> Of(string attribute) => Prefixes.Where(p => p.Attribute == attribute);
}
