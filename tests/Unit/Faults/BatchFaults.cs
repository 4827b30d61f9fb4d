using System.Globalization;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Faults;

/// <summary>Faults of single entries and messages.</summary>
internal static class BatchFaults
{
    /// <summary>The answer to a batch of deletes or of visibility timeouts.</summary>
    public static async Task<JsonObject> AnswerAsync(ProxiedCall call, CallFault fault)
    {
        var entries = call.Request["Entries"]!.AsArray();
        var hit = Ids(entries, every: 2);
        return fault switch
        {
            CallFault.Pretended => Answer(Ids(entries, every: 1), []),
            CallFault.EntriesFailedAfter => Answer(
                Ids((await call.PassOnAsync()).Json["Successful"]!.AsArray(), every: 1).Except(hit), hit.Select(id => Failed(id, "InternalError", senderFault: false))),
            CallFault.EntriesFailed => Answer(
                await DoOthersAsync(call, hit), hit.Select(id => Failed(id, "InternalError", senderFault: false))),
            CallFault.ReceiptsExpired => Answer(
                await DoOthersAsync(call, hit), hit.Select(id => Failed(id, "ReceiptHandleIsInvalid", senderFault: true))),
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "Not a fault of a batch."),
        };
    }

    /// <summary>Entries of a delete that nobody tries again, although they were not done.</summary>
    public static int LeftUndone(ProxiedCall call, CallFault fault) => (call.Operation, fault) switch
    {
        (SqsOperation.DeleteMessageBatch, CallFault.Pretended) => call.Request["Entries"]!.AsArray().Count,
        (SqsOperation.DeleteMessageBatch, CallFault.ReceiptsExpired) => Ids(call.Request["Entries"]!.AsArray(), every: 2).Count,
        _ => 0,
    };

    /// <summary>A receive whose messages are visible again before it is answered.</summary>
    public static async Task<ProxiedAnswer> EndLeasesAsync(ProxiedCall call)
    {
        var answer = await call.PassOnAsync();
        if (Messages(answer.Json) is { Count: > 0 } messages)
        {
            await call.SendAsync(SqsOperation.ChangeMessageVisibilityBatch, new JsonObject
            {
                ["QueueUrl"] = call.Request["QueueUrl"]!.GetValue<string>(),
                ["Entries"] = new JsonArray([.. messages.Select((message, index) => new JsonObject
                {
                    ["Id"] = index.ToString(CultureInfo.InvariantCulture),
                    ["ReceiptHandle"] = message!["ReceiptHandle"]!.GetValue<string>(),
                    ["VisibilityTimeout"] = 0,
                })]),
            });
        }

        return answer;
    }

    /// <summary>Every message twice.</summary>
    public static ProxiedAnswer Double(ProxiedAnswer answer)
    {
        var said = answer.Json;
        if (Messages(said) is not { Count: > 0 } messages)
        {
            return answer;
        }

        said["Messages"] = new JsonArray([.. messages.SelectMany(m => new[] { m!.DeepClone(), m.DeepClone() })]);
        return ProxiedAnswer.Ok(said);
    }

    private static async Task<IEnumerable<string>> DoOthersAsync(ProxiedCall call, HashSet<string> without)
    {
        var request = call.Request;
        var others = request["Entries"]!.AsArray().Where(e => !without.Contains(Id(e))).Select(e => e!.DeepClone()).ToArray();
        if (others.Length == 0)
        {
            return [];
        }

        request["Entries"] = new JsonArray(others);
        return Ids((await call.SendAsync(call.Operation, request)).Json["Successful"]!.AsArray(), every: 1);
    }

    private static JsonObject Answer(IEnumerable<string> successful, IEnumerable<JsonNode> failed) => new()
    {
        ["Successful"] = new JsonArray([.. successful.Select(id => new JsonObject { ["Id"] = id })]),
        ["Failed"] = new JsonArray([.. failed]),
    };

    private static JsonObject Failed(string id, string code, bool senderFault) => new()
    {
        ["Id"] = id,
        ["Code"] = code,
        ["SenderFault"] = senderFault,
        ["Message"] = "made up by the proxy",
    };

    private static HashSet<string> Ids(JsonArray entries, int every) => [.. entries.Where((_, index) => index % every == 0).Select(Id)];

    private static string Id(JsonNode? entry) => entry!["Id"]!.GetValue<string>();

    private static JsonArray? Messages(JsonObject answer) => answer["Messages"] as JsonArray;
}
