namespace LoginEtl.Unit.Faults;

/// <summary>Where a connection is cut, whatever stands there.</summary>
/// <param name="Bytes">So many are let through.</param>
/// <param name="Answers">Of the server's answers; otherwise of what the client sends.</param>
internal sealed record ByteCut(long Bytes, bool Answers)
{
    public override string ToString() => $"{Bytes} B {(Answers ? "answered" : "sent")}";
}
