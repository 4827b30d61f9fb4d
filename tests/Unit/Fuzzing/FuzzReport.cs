using System.Globalization;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>A run in which nothing was found.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Inputs">So many.</param>
/// <param name="Took">So long.</param>
/// <param name="HeapGrowth">Bytes of live objects that came up since the first tenth; 0 when not measured.</param>
/// <param name="Outcomes">How often each.</param>
internal sealed record FuzzReport(
    string Target, ulong Seed, long Inputs, TimeSpan Took, long HeapGrowth, IReadOnlyDictionary<string, long> Outcomes)
{
    /// <summary>One line: target, inputs, seed, rate, and the outcomes by how often they came.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Target}: {Inputs} inputs, seed {Seed}, {Inputs / Took.TotalSeconds:0}/s, heap {HeapGrowth / 1024:+0;-0;0} KiB; {Counts()}");

    private string Counts() => string.Join(
        ", ", Outcomes.OrderByDescending(o => o.Value).Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Key} {o.Value}")));
}
