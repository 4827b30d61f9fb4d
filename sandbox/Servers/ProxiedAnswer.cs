using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>An answer to a call of SQS's JSON protocol.</summary>
/// <param name="Status">HTTP's.</param>
/// <param name="Body">JSON.</param>
internal sealed record ProxiedAnswer(int Status, string Body)
{
    /// <summary>The server's clock as the answer tells it; null for the right time.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>Success, with this body.</summary>
    public static ProxiedAnswer Ok(JsonObject body) => new(200, body.ToJsonString());

    /// <summary>A refusal by its code, such as ThrottlingException.</summary>
    public static ProxiedAnswer Refused(int status, string code) =>
        new(status, new JsonObject { ["__type"] = $"com.amazonaws.sqs#{code}", ["message"] = "made up by the proxy" }.ToJsonString());

    /// <summary>The body read, a new object each time; empty when there is none.</summary>
    public JsonObject Json => Body.Length == 0 ? [] : JsonNode.Parse(Body)!.AsObject();
}
