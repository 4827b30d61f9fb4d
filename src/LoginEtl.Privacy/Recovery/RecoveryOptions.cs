using LoginEtl.Faults;

namespace LoginEtl.Recovery;

/// <summary>Who recovers what for.</summary>
public sealed record RecoveryOptions
{
    /// <summary>What recovers, for the audit.</summary>
    public required string Command { get; init; }

    /// <summary>Why, in the operator's words, for the audit; with a letter or a digit, and without personal data.</summary>
    public required string Reason { get; init; }

    /// <summary>The private key of the vault; stays the caller's. Null where no originals are opened.</summary>
    public EscrowKey? Escrow { get; init; }

    /// <summary>The vault; stays the caller's. Needed with <see cref="Escrow"/>.</summary>
    public IVault? Vault { get; init; }

    /// <summary>Looks at the reason before anything is opened.</summary>
    /// <exception cref="LoginEtlException"><c>ReasonMissing</c>.</exception>
    public void RequireReason()
    {
        if (!GivenReason.Says(Reason))
        {
            throw new LoginEtlException(
                ErrorId.ReasonMissing, "Personal data is recovered for a reason, and -Reason has no letter or digit. Nothing was recovered.",
                "Say why in -Reason: it goes to the audit file. Leave personal data out of it.");
        }

        if (GivenReason.IsSomethingElse(Reason))
        {
            throw new LoginEtlException(
                ErrorId.ReasonMissing, "What was given for -Reason reads as a body or a connection string, and a reason stays in the audit file. Nothing was recovered.",
                "Say in words why personal data is recovered.");
        }
    }
}
