namespace LoginEtl.Settings;

/// <summary>Which queue, and how to reach it. The time of a call does not count the long poll itself.</summary>
public sealed record QueueSettings : AwsSettings
{
    /// <summary>Name, URL or ARN.</summary>
    public required string Queue { get; init; }

    /// <summary>Endpoint to connect to instead of the region's own or the host of the queue's URL. The host of a returned URL is never used.</summary>
    public Uri? EndpointUrl { get; init; }

    /// <summary>Which protocol is spoken.</summary>
    public QueueProtocol Protocol { get; init; }
}

/// <summary>Which of SQS's two protocols is spoken.</summary>
public enum QueueProtocol
{
    /// <summary>JSON, and Query where the server turns out to know nothing else.</summary>
    Auto,

    /// <summary>AWS JSON 1.0.</summary>
    Json,

    /// <summary>The legacy Query protocol with XML answers.</summary>
    Query,

    /// <summary>AWS JSON 1.0, also receives and deletes by the SDK's own calls, which take more processor time.</summary>
    Sdk,
}
