namespace LoginEtl.Unit.Faults;

/// <summary>Something that happens to a server while a run goes on.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">Since the run's start.</param>
/// <param name="Lasts">How long.</param>
internal sealed record ServerTrouble(TroubleKind Kind, TimeSpan At, TimeSpan Lasts)
{
    public ServerTrouble(TroubleKind kind, int at, int lasts)
        : this(kind, TimeSpan.FromMilliseconds(at), TimeSpan.FromMilliseconds(lasts))
    {
    }

    public override string ToString() => $"{Kind} after {At.TotalMilliseconds} ms for {Lasts.TotalMilliseconds} ms";
}
