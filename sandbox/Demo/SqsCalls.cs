using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Sandbox.Demo;

/// <summary>
/// Plain AWS JSON 1.0 calls, unsigned but for the shape: enough to fill an emulator's queue, and no part of the
/// client that the demo shows.
/// </summary>
internal sealed class SqsCalls(SqsServer server) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new() { Timeout = CallTimeout };

    /// <summary>Calls AmazonSQS.{operation} and returns its answer.</summary>
    /// <exception cref="SandboxException">The server refused, or is not there.</exception>
    public async Task<JsonObject> CallAsync(string operation, JsonObject body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.EndpointUrl);
        request.Headers.Add("X-Amz-Target", $"AmazonSQS.{operation}");
        // Emulators read the region from it; none of those known here verifies more.
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 " +
            $"Credential={server.AccessKey}/20260101/{server.Region}/sqs/aws4_request, SignedHeaders=host, Signature=0");
        request.Content = new StringContent(body.ToJsonString());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        return await SendAsync(request, operation, cancellationToken);
    }

    /// <summary>Reads an address that the server has beside AWS's.</summary>
    /// <exception cref="SandboxException">The server refused, or is not there.</exception>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.EndpointUrl, path));
        return await SendAsync(request, path, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> SendAsync(HttpRequestMessage request, string operation, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancellationToken);
            string said = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode) throw Refused(operation, $"{(int)answer.StatusCode} {said}");
            return said.Length == 0 ? [] : JsonNode.Parse(said)!.AsObject();
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException)
        {
            throw Refused(operation, failure.Message);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Refused(operation, $"no answer within {CallTimeout.TotalSeconds} s");
        }
    }

    private SandboxException Refused(string operation, string why) =>
        new($"The SQS server at {server.EndpointUrl} failed {operation}: {why}. It must speak AWS JSON 1.0.");
}
