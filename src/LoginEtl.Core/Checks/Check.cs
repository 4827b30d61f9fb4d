using LoginEtl.Faults;

namespace LoginEtl.Checks;

/// <summary>One check before a run.</summary>
/// <param name="Name">What was looked at: <c>Queue</c>, <c>Redrive policy</c>, <c>Table columns</c>, …</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Detail">What was found; free of secrets and personal data.</param>
/// <param name="Remedy">What to do; null when it passed.</param>
public sealed record Check(string Name, CheckOutcome Outcome, string Detail, string? Remedy = null)
{
    /// <summary>What was found; free of secrets and personal data.</summary>
    public string Detail { get; } = Quotable.Plain(Detail);

    /// <summary>In a sentence or two.</summary>
    public override string ToString() => $"{Name}: {Outcome}. {Detail}{(Remedy is null ? "" : $" {Remedy}")}";
}

/// <summary>How a check before a run went.</summary>
public enum CheckOutcome
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>It runs, and something should be looked at.</summary>
    Warn,

    /// <summary>A run would fail, or break a promise.</summary>
    Fail,
}
