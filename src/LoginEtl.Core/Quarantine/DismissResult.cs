namespace LoginEtl.Quarantine;

/// <summary>What became of an entry that was to be dismissed.</summary>
/// <param name="Entry">As it was listed.</param>
/// <param name="Outcome">What became of it.</param>
public sealed record DismissResult(QuarantineEntry Entry, DismissOutcome Outcome);
