using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>What became of an entry that was to be restored.</summary>
/// <param name="Entry">As it was listed.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Code of the reason why it was refused, such as <c>invalid_version</c>; null otherwise, like what follows.</param>
/// <param name="Field">The schema's name of the field or column concerned; null where it is the whole.</param>
/// <param name="SqlState">Set when the database refused it.</param>
/// <param name="Constraint">The constraint it broke, where the database named one.</param>
public sealed record RestoreResult(
    QuarantineEntry Entry, RestoreOutcome Outcome, string? Reason = null, string? Field = null, string? SqlState = null, string? Constraint = null)
{
    /// <summary>What to do about a refusal that another run will meet again; null where its reason says enough.</summary>
    public string? Remedy { get; init; }
}

/// <summary>What became of an entry that was to be restored.</summary>
public enum RestoreOutcome
{
    /// <summary>A row now, or settled as <c>-OnConflict</c> says.</summary>
    Restored,

    /// <summary>It was a row before: no second one.</summary>
    AlreadyRestored,

    /// <summary>It was dismissed before: what it held is gone, and no row is made of its message.</summary>
    Dismissed,

    /// <summary>Refused again: it stays in quarantine.</summary>
    Refused,

    /// <summary>Sent to the table, which did not take it: a trigger kept it out or routed it. Settled like a row.</summary>
    Suppressed,

    /// <summary>The entry is no longer in the quarantine table.</summary>
    Missing,
}

/// <summary>An entry, and the record it has become.</summary>
/// <param name="Entry">From <see cref="IQuarantine.ListAsync"/>.</param>
/// <param name="Record">From <see cref="QuarantineReplay"/>; of the same message.</param>
public sealed record RestoreRequest(QuarantineEntry Entry, LoginRecord Record)
{
    /// <summary>This host has just masked it: its body was sealed, or mended. Otherwise it carries the tokens that it came with.</summary>
    public bool IsMaskedNow { get; init; } = Entry.IsSealed;
}
