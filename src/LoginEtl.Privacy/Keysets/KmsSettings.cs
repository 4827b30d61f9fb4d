namespace LoginEtl.Keysets;

/// <summary>The key of AWS KMS that encrypts keysets.</summary>
/// <param name="KeyId">Id, ARN or alias; null to decrypt with whichever key the ciphertext names.</param>
public sealed record KmsSettings(string? KeyId)
{
    /// <summary>AWS region; null for that of the ARN, the environment or the profile.</summary>
    public string? Region { get; init; }

    /// <summary>A named profile of the shared configuration files.</summary>
    public string? ProfileName { get; init; }

    /// <summary>Longest time for one call.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);
}
