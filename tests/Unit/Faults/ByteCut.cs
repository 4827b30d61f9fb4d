namespace LoginEtl.Unit.Faults;

/// <summary>Where a connection is cut, whatever stands there.</summary>
/// <param name="Bytes">So many are let through.</param>
/// <param name="Answers">Of the server's answers; otherwise of what the client sends.</param>
internal sealed record ByteCut(long Bytes, bool Answers)
{
    /// <summary>More than what is sent before a run's first batch, by which the table is looked at: one that cannot do that has not begun.</summary>
    public const int LookedAt = 24_000;

    public override string ToString() => $"{Bytes} B {(Answers ? "answered" : "sent")}";
}
