namespace LoginEtl.Settings;

/// <summary>Who asks AWS, and where. Nulls are filled from the environment, then the profile.</summary>
public record AwsSettings
{
    /// <summary>AWS region, such as <c>eu-central-1</c>.</summary>
    public string? Region { get; init; }

    /// <summary>A named profile of the shared configuration files.</summary>
    public string? ProfileName { get; init; }

    /// <summary>Access key, with <see cref="SecretKey"/>; both or neither.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Secret key, with <see cref="AccessKey"/>.</summary>
    public SecretText? SecretKey { get; init; }

    /// <summary>Longest time for one call.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);
}
