namespace LoginEtl.Unit.Faults;

/// <summary>A signal that the run gets.</summary>
/// <param name="Signal">SIGKILL, SIGTERM or SIGINT.</param>
/// <param name="At">When.</param>
/// <param name="Twice">Again, a moment later: which is left to the system.</param>
internal sealed record RunEnding(string Signal, Moment At, bool Twice = false)
{
    public override string ToString() => $"{(Twice ? "two " : "")}{Signal} {At}";
}
