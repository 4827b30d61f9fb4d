namespace LoginEtl.Unit.Fuzzing;

/// <summary>A target with a fault of its own, for the harness to find.</summary>
internal sealed class StubTarget(Func<byte[], string> run) : FuzzTarget
{
    public override string Name => "stub";

    public override IReadOnlyList<byte[]> Pieces { get; } = FuzzPieces.Texts("a", "bb", "needle");

    public override IReadOnlyList<string> MustReach { get; } = ["found"];

    public override (long Own, long PerByte) Allocation => (4096, 8);

    public override string Run(ReadOnlySpan<byte> input) => run(input.ToArray());
}
