using Xunit;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>Hostile input, briefly: the long run is <see cref="FuzzSoak"/>.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const ulong Seed = 20261121;

    // A share's inputs: some seconds over all targets.
    private const int InputsOfAShare = 500;

    // Beside other tests the machine is busy: the long run is alone, and stricter.
    private static readonly FuzzLimits Limits = new() { Slow = TimeSpan.FromSeconds(5), Hang = TimeSpan.FromSeconds(60) };

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Hostile_input_is_read_or_refused_within_bounds(string name)
    {
        using var target = FuzzTargets.Make(name);
        var report = new FuzzRun(target, FuzzCorpus.Of(name), Seed, Limits).Run(InputsOfAShare * target.Share);
        output.WriteLine(report.ToString());
    }

    [Fact]
    public void Every_target_has_a_corpus_and_every_corpus_a_target() => Assert.Equal(
        FuzzTargets.Names.Order(StringComparer.Ordinal),
        Directory.GetDirectories(FuzzCorpus.Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
}
