using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>What became of an entry that was to be restored.</summary>
/// <param name="Entry">As it was listed.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it was refused; null otherwise, like what follows.</param>
/// <param name="Field">The schema's name of the field or column concerned; null where it is the whole.</param>
/// <param name="SqlState">Set when the database refused it.</param>
/// <param name="Constraint">The constraint it broke, where the database named one.</param>
public sealed record RestoreResult(
    QuarantineEntry Entry, RestoreOutcome Outcome, RejectReason? Reason = null, string? Field = null, string? SqlState = null, string? Constraint = null)
{
    /// <summary>What to do about a refusal that another run will meet again; null where its reason says enough.</summary>
    public string? Remedy { get; init; }
}
