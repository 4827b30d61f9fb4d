namespace LoginEtl.Connections;

/// <summary>Which queue, and how to reach it. Nulls are filled from the environment, then the profile.</summary>
public sealed record QueueSettings
{
    /// <summary>Name, URL or ARN.</summary>
    public required string Queue { get; init; }

    /// <summary>AWS region, such as <c>eu-central-1</c>.</summary>
    public string? Region { get; init; }

    /// <summary>A named profile of the shared configuration files.</summary>
    public string? ProfileName { get; init; }

    /// <summary>Endpoint to connect to instead of the region's own; never the host of a returned queue URL.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Access key, with <see cref="SecretKey"/>; both or neither.</summary>
    public string? AccessKey { get; init; }

    /// <summary>Secret key, with <see cref="AccessKey"/>.</summary>
    public SecretText? SecretKey { get; init; }

    /// <summary>Which protocol is spoken.</summary>
    public QueueProtocol Protocol { get; init; }

    /// <summary>Longest time for one call to the queue beside the long poll itself.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);
}
