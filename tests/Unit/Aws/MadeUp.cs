using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers that a <see cref="FaultyServer"/> makes up, and what stands in a call.</summary>
internal static class MadeUp
{
    /// <summary>The connection is closed.</summary>
    public static ProxiedAnswer HungUp { get; } = new(0, "");

    public static ProxiedAnswer Denied { get; } = ProxiedAnswer.Refused(403, "AccessDenied");

    public static ProxiedAnswer Throttled { get; } = ProxiedAnswer.Refused(400, "RequestThrottled");

    /// <summary>As a load balancer says it.</summary>
    public static ProxiedAnswer Unavailable { get; } = new(503, "<html>Service Unavailable</html>");

    /// <summary>Success by its status, and nothing of SQS.</summary>
    public static ProxiedAnswer Garbled { get; } = new(200, "<html>Welcome</html>");

    public static ProxiedAnswer Received(IEnumerable<JsonObject> messages) =>
        ProxiedAnswer.Ok(new JsonObject { ["Messages"] = new JsonArray([.. messages]) });

    public static JsonObject Message(string id, string handle, string body, JsonObject attributes) => new()
    {
        ["MessageId"] = id,
        ["ReceiptHandle"] = handle,
        ["Body"] = body,
        ["Attributes"] = attributes,
    };

    /// <summary>To a batch of which these entries failed, and of which nothing else is known.</summary>
    public static ProxiedAnswer Failed(IEnumerable<JsonObject> entries, string code, bool senderFault) =>
        ProxiedAnswer.Ok(new JsonObject { ["Successful"] = new JsonArray(), ["Failed"] = FailedEntries(entries, code, senderFault) });

    public static JsonArray FailedEntries(IEnumerable<JsonObject> entries, string code, bool senderFault) =>
        new([.. entries.Select(e => new JsonObject { ["Id"] = e["Id"]!.DeepClone(), ["Code"] = code, ["SenderFault"] = senderFault })]);

    /// <summary>The messages of an answer to a receive.</summary>
    public static IEnumerable<JsonObject> Messages(this JsonObject answer) => (answer["Messages"] as JsonArray ?? []).Select(m => m!.AsObject());

    /// <summary>The entries of a batch.</summary>
    public static IReadOnlyList<JsonObject> Entries(this ProxiedCall call) => [.. call.Request["Entries"]!.AsArray().Select(e => e!.AsObject())];

    /// <summary>The receipt handle of an entry or message.</summary>
    public static string Handle(this JsonObject entry) => entry["ReceiptHandle"]!.GetValue<string>();
}
