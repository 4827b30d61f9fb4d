using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace LoginEtl.Bench.Endpoint;

/// <summary>Plain calls in AWS JSON 1.0, unsigned: how bench and tests look at a queue past the client under test.</summary>
internal sealed class SqsCaller(Uri endpoint) : IDisposable
{
    private readonly HttpClient _http = new();

    /// <summary>The answer; of a refusal, too, which has a <c>__type</c>.</summary>
    public async Task<JsonObject> CallAsync(string operation, JsonObject request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, endpoint);
        message.Headers.Add("X-Amz-Target", "AmazonSQS." + operation);
        message.Content = new StringContent(request.ToJsonString());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        using var answer = await _http.SendAsync(message);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
    }

    public async Task<(int Visible, int Leased)> CountAsync(string queue)
    {
        var said = await CallAsync("GetQueueAttributes", new() { ["QueueUrl"] = queue, ["AttributeNames"] = new JsonArray("All") });
        int Count(string name) => int.Parse(said["Attributes"]![name]!.GetValue<string>(), CultureInfo.InvariantCulture);
        return (Count("ApproximateNumberOfMessages"), Count("ApproximateNumberOfMessagesNotVisible"));
    }

    public void Dispose() => _http.Dispose();
}
