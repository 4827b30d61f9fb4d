namespace LoginEtl.Unit.Faults;

/// <summary>Something that happens to a server while a run goes on.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When it begins.</param>
/// <param name="Lasts">How long.</param>
internal sealed record ServerTrouble(TroubleKind Kind, Moment At, TimeSpan Lasts)
{
    public ServerTrouble(TroubleKind kind, Moment at, int lasts)
        : this(kind, at, TimeSpan.FromMilliseconds(lasts))
    {
    }

    public override string ToString() => $"{Kind} {At} for {Lasts.TotalMilliseconds} ms";
}
