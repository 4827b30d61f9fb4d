namespace LoginEtl.Settings;

/// <summary>Which of SQS's two protocols is spoken.</summary>
public enum QueueProtocol
{
    /// <summary>JSON, and Query where the server turns out to know nothing else.</summary>
    Auto,

    /// <summary>AWS JSON 1.0.</summary>
    Json,

    /// <summary>The legacy Query protocol with XML answers.</summary>
    Query,
}
