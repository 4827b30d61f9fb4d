using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Recovery;

namespace LoginEtl.Quarantine;

/// <summary>Why entries are dismissed, in the operator's words; it stays in the quarantine, so leave personal data out of it.</summary>
public sealed record Dismissal
{
    /// <exception cref="LoginEtlException"><c>ReasonMissing</c>: it has no letter or digit, is no text that PostgreSQL can hold, or reads as a body or a secret.</exception>
    public Dismissal(string reason)
    {
        if (!GivenReason.Says(reason) || reason.Contains('\0', StringComparison.Ordinal) || !SurrogatePairs.AreWhole(reason))
        {
            throw new LoginEtlException(
                ErrorId.ReasonMissing, "An entry is dismissed for a reason, and -Reason has no letter or digit, or is no text. Nothing was dismissed.",
                "Say why in -Reason: it stays in the quarantine. Leave personal data out of it.");
        }

        if (GivenReason.IsSomethingElse(reason))
        {
            throw new LoginEtlException(
                ErrorId.ReasonMissing, "What was given for -Reason reads as a body or a connection string, and a reason is sent to the server, which may log it. Nothing was dismissed.",
                "Say in words why the entry is dismissed.");
        }

        Reason = reason;
    }

    /// <summary>The words.</summary>
    public string Reason { get; }
}

/// <summary>What became of an entry that was to be dismissed.</summary>
public enum DismissOutcome
{
    /// <summary>Nobody's login: what it held is gone, and who, when and why stand in its place.</summary>
    Dismissed,

    /// <summary>It was dismissed before; who, when and why of then stand.</summary>
    AlreadyDismissed,

    /// <summary>It is a row: there is nothing to dismiss.</summary>
    AlreadyRestored,

    /// <summary>The entry is no longer in the quarantine table.</summary>
    Missing,
}

/// <summary>What became of an entry that was to be dismissed.</summary>
/// <param name="Entry">As it was listed.</param>
/// <param name="Outcome">What became of it.</param>
public sealed record DismissResult(QuarantineEntry Entry, DismissOutcome Outcome);
