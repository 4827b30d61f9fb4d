namespace LoginEtl.Keysets;

/// <summary>Which keysets are made, and how they are kept.</summary>
public sealed record NewKeysetOptions
{
    /// <summary>The methods they are for.</summary>
    public MaskMethods Methods { get; init; } = MaskMethods.Default;

    /// <summary>Replaces existing keysets: what was masked with them is lost without a backup.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Leaves existing keysets as they are, and makes those that are missing.</summary>
    public bool MissingOnly { get; init; }

    /// <summary>Encrypts secret keysets with this key, by <see cref="KeyService"/>; null leaves them in clear. Private halves leave the host, and are not encrypted.</summary>
    public KmsSettings? Kms { get; init; }

    /// <summary>Makes the service of <see cref="Kms"/>, which is disposed of when the keysets are there.</summary>
    public Func<IKeyService>? KeyService { get; init; }

    /// <summary>Cancels calls to the service.</summary>
    public CancellationToken Stop { get; init; }
}
