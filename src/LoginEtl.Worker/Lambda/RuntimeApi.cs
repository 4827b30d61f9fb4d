using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LoginEtl.Faults;

namespace LoginEtl.Worker.Lambda;

/// <summary>The interface of Lambda to its runtimes (AWS Lambda developer guide, "Using the Lambda runtime API"): one invocation after the other.</summary>
internal sealed class RuntimeApi : IDisposable
{
    /// <summary>Lambda's own variable: host and port.</summary>
    public const string Variable = "AWS_LAMBDA_RUNTIME_API";

    private readonly HttpClient _client;

    // What comes here is not masked yet, and stays on the machine, whatever proxy is set.
    private RuntimeApi(string address) => _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{address}/2018-06-01/runtime/"), Timeout = Timeout.InfiniteTimeSpan };

    /// <exception cref="LoginEtlException"><c>SettingMissing</c>: this is no Lambda.</exception>
    public static RuntimeApi Open() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } address && Uri.TryCreate($"http://{address}", UriKind.Absolute, out _)
        ? new RuntimeApi(address)
        : throw new LoginEtlException(ErrorId.SettingMissing, $"{Variable} is not set: this is no Lambda function.", "Leave --lambda out, or run the worker as a function, as docs/lambda.md says.");

    /// <summary>Waits for the next invocation, for as long as it takes.</summary>
    public async Task<Invocation> NextAsync(CancellationToken stop)
    {
        using var answer = await _client.GetAsync(new Uri("invocation/next", UriKind.Relative), stop);
        answer.EnsureSuccessStatusCode();
        return new Invocation(
            Header(answer.Headers, "Lambda-Runtime-Aws-Request-Id"),
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Header(answer.Headers, "Lambda-Runtime-Deadline-Ms"), CultureInfo.InvariantCulture)),
            await answer.Content.ReadAsByteArrayAsync(stop));
    }

    /// <summary>Which messages are to come again; the others are deleted.</summary>
    public Task AnswerAsync(Invocation invocation, IReadOnlyList<string> unsettled) => PostAsync(
        $"invocation/{invocation.Id}/response",
        JsonSerializer.Serialize(new Dictionary<string, object> { ["batchItemFailures"] = unsettled.Select(id => new Dictionary<string, string> { ["itemIdentifier"] = id }) }), null);

    /// <summary>The invocation failed: all of its messages come again, and later ones come slower.</summary>
    public Task FailAsync(Invocation invocation, LoginEtlException fault) => PostAsync(
        $"invocation/{invocation.Id}/error",
        JsonSerializer.Serialize(new Dictionary<string, string> { ["errorType"] = fault.Id, ["errorMessage"] = $"{fault.Message} {fault.Remedy}" }), fault.Id);

    public void Dispose() => _client.Dispose();

    private async Task PostAsync(string path, string json, string? error)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        if (error is not null)
        {
            request.Headers.Add("Lambda-Runtime-Function-Error-Type", error);
        }

        using var answer = await _client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static string Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.First() : throw new HttpRequestException($"The runtime API gave no {name}.");
}

/// <summary>An invocation of the function.</summary>
/// <param name="Id">Lambda's.</param>
/// <param name="Deadline">When Lambda ends it.</param>
/// <param name="Event">As it came.</param>
internal sealed record Invocation(string Id, DateTimeOffset Deadline, byte[] Event);

/// <summary>What a message that is not settled means for the others of its invocation.</summary>
internal enum LambdaFailures
{
    /// <summary>No function: the worker polls its queue.</summary>
    Off,

    /// <summary>All come again: those that are settled are duplicates then.</summary>
    Whole,

    /// <summary>It alone comes again. The event source mapping has to expect that (ReportBatchItemFailures), or deletes it.</summary>
    Partial,
}
