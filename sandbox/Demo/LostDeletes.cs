using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>
/// A proxy on loopback before an SQS server, which answers deletes with success and does not pass them on: as if the
/// deletes were lost. The queue's counts leave out what the client believes deleted, or it would wait for that.
/// </summary>
internal sealed class LostDeletes : IAsyncDisposable
{
    private const string InFlight = "ApproximateNumberOfMessagesNotVisible";

    private readonly ConcurrentDictionary<string, byte> _receipts = new();
    private readonly SqsProxy _proxy;

    /// <summary>Listens from now on.</summary>
    public LostDeletes(Uri server) => _proxy = new SqsProxy(server, async call => await call.AnswerAsync(await AnswerAsync(call)));

    /// <summary>Where a client is to send its requests.</summary>
    public Uri EndpointUrl => _proxy.EndpointUrl;

    /// <summary>The receipt handles of the messages whose delete was lost.</summary>
    public IReadOnlyCollection<string> Receipts => [.. _receipts.Keys];

    /// <summary>Breaks what is under way (a long poll must not take a message any more) and stops listening.</summary>
    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private async Task<ProxiedAnswer> AnswerAsync(ProxiedCall call) => call.Operation switch
    {
        "DeleteMessageBatch" => ProxiedAnswer.Ok(LoseBatch(call.Request)),
        "DeleteMessage" => ProxiedAnswer.Ok(Lose(call.Request)),
        "GetQueueAttributes" => WithoutLost(await call.PassOnAsync()),
        _ => await call.PassOnAsync(),
    };

    private JsonObject LoseBatch(JsonObject request)
    {
        var successful = new JsonArray();
        foreach (JsonNode? entry in request["Entries"]!.AsArray())
        {
            Lose(entry!.AsObject());
            successful.Add(new JsonObject { ["Id"] = entry["Id"]!.DeepClone() });
        }
        return new JsonObject { ["Successful"] = successful, ["Failed"] = new JsonArray() };
    }

    private JsonObject Lose(JsonObject request)
    {
        _receipts.TryAdd(request["ReceiptHandle"]!.GetValue<string>(), 0);
        return [];
    }

    private ProxiedAnswer WithoutLost(ProxiedAnswer answer)
    {
        JsonObject said = answer.Json;
        if (said["Attributes"]?[InFlight]?.GetValue<string>() is not { } count) return answer;
        int held = int.Parse(count, CultureInfo.InvariantCulture) - _receipts.Count;
        said["Attributes"]![InFlight] = Math.Max(0, held).ToString(CultureInfo.InvariantCulture);
        return answer with { Body = said.ToJsonString() };
    }
}
