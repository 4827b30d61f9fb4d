using System.Text.Json.Nodes;

namespace LoginEtl.Unit.Core.Decoding;

/// <summary>What other services make of a body on its way to a queue.</summary>
internal static class Envelopes
{
    public const string Id = "11111111-2222-3333-4444-555555555555";
    public const string Time = "2026-01-02T03:04:05.678Z";

    /// <summary>As SNS sends it to a queue.</summary>
    public static string Sns(string message, string id = Id, string time = Time) => new JsonObject
    {
        ["Type"] = "Notification",
        ["MessageId"] = id,
        ["TopicArn"] = "arn:aws:sns:eu-west-1:123456789012:t",
        ["Subject"] = null,
        ["Message"] = message,
        ["Timestamp"] = time,
        ["SignatureVersion"] = "1",
        ["Signature"] = "c2ln",
        ["MessageAttributes"] = new JsonObject { ["a"] = new JsonObject { ["Type"] = "String", ["Value"] = "b" } },
    }.ToJsonString();

    /// <summary>As EventBridge sends it to a queue.</summary>
    public static string Event(string detail, string id = Id, string time = "2026-01-02T03:04:05Z") =>
        $$"""{"version":"0","id":"{{id}}","detail-type":"Login","source":"app.logins","account":"123456789012","time":"{{time}}","region":"eu-west-1","resources":[],"detail":{{detail}}}""";

    /// <summary>Encoded once more.</summary>
    public static string Quoted(string body) => JsonValue.Create(body).ToJsonString();
}
