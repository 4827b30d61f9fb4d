using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>An entry, and the record it has become.</summary>
/// <param name="Entry">From <see cref="IQuarantine.ListAsync"/>.</param>
/// <param name="Record">From <see cref="QuarantineReplay"/>; of the same message.</param>
public sealed record RestoreRequest(QuarantineEntry Entry, LoginRecord Record)
{
    /// <summary>This host has just masked it: its body was sealed, or mended. Otherwise it carries the tokens that it came with.</summary>
    public bool IsMaskedNow { get; init; } = Entry.IsSealed;
}
