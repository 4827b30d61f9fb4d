using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Postgres;

namespace LoginEtl.Unit.Worker.Lambda;

/// <summary>
/// The runtime API of Lambda (AWS Lambda developer guide, "Using the Lambda runtime API"), with a worker that runs as its
/// function: what it answered, and when.
/// </summary>
internal sealed class LambdaRuntime : IAsyncDisposable
{
    public const string Arn = "arn:aws:sqs:eu-central-1:123456789012:";

    private readonly LoopbackHttp _server;
    private readonly Channel<(string Event, DateTimeOffset Deadline)> _events = Channel.CreateUnbounded<(string, DateTimeOffset)>();
    private readonly Channel<Answer> _answers = Channel.CreateUnbounded<Answer>();
    private readonly Process _function;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;
    private int _invocations;
    private DateTimeOffset _deadline;

    private LambdaRuntime(ProcessStartInfo function)
    {
        _server = new LoopbackHttp(AnswerAsync);
        function.Environment["AWS_LAMBDA_RUNTIME_API"] = _server.Url.Authority;
        _function = Process.Start(function)!;
        (_output, _errors) = (_function.StandardOutput.ReadToEndAsync(), _function.StandardError.ReadToEndAsync());
    }

    public static LambdaRuntime Start(string keys, string database, params string[] flags) =>
        new(WorkerProgram.Start(keys, null, database, flags));

    /// <summary>A message as an event has it.</summary>
    public static JsonObject Message(string body, string? id = null, string queue = "logins", string? group = null, string? sequence = null, DateTimeOffset? sent = null, string? identity = null) => new()
    {
        ["messageId"] = id ?? Guid.NewGuid().ToString(),
        ["receiptHandle"] = "AQEB" + Guid.NewGuid().ToString("N"),
        ["body"] = body,
        ["attributes"] = new JsonObject
        {
            ["ApproximateReceiveCount"] = "1",
            ["SentTimestamp"] = $"{(sent ?? DateTimeOffset.UtcNow.AddMinutes(-1)).ToUnixTimeMilliseconds()}",
            ["SenderId"] = "AIDAIENQZJOLO23YVJ4VO",
            ["MessageGroupId"] = group,
            ["SequenceNumber"] = sequence,
        },
        ["messageAttributes"] = identity is null ? [] : new JsonObject { ["id"] = new JsonObject { ["stringValue"] = identity, ["stringListValues"] = new JsonArray(), ["binaryListValues"] = new JsonArray(), ["dataType"] = "String" } },
        ["eventSource"] = "aws:sqs",
        ["eventSourceARN"] = Arn + queue,
        ["awsRegion"] = "eu-central-1",
    };

    /// <summary>An event of these messages.</summary>
    public static string Event(params JsonObject[] messages) => new JsonObject { ["Records"] = new JsonArray([.. messages.Select(m => m.DeepClone())]) }.ToJsonString();

    /// <summary>Invokes the function, and waits for its answer.</summary>
    public async Task<Answer> InvokeAsync(string @event, TimeSpan? within = null)
    {
        await _events.Writer.WriteAsync((@event, DateTimeOffset.UtcNow + (within ?? TimeSpan.FromSeconds(60))));
        var answer = _answers.Reader.ReadAsync(TestDatabase.Token).AsTask();
        if (await Task.WhenAny(answer, _function.WaitForExitAsync(TestDatabase.Token), Task.Delay(TimeSpan.FromSeconds(90), TestDatabase.Token)) != answer)
        {
            _function.Kill();
            throw new InvalidOperationException($"The function has not answered. {await _errors}");
        }

        return await answer;
    }

    /// <summary>Ends the function as Lambda does, and answers what it said.</summary>
    public async Task<(int ExitCode, IReadOnlyList<JsonNode> Receipts, string Errors)> EndAsync()
    {
        using (var signal = Process.Start("kill", ["-TERM", $"{_function.Id}"]))
        {
            await signal.WaitForExitAsync(TestDatabase.Token);
        }

        await _function.WaitForExitAsync(TestDatabase.Token).WaitAsync(TimeSpan.FromSeconds(30), TestDatabase.Token);
        return (_function.ExitCode, [.. (await _output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)], await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_function.HasExited)
        {
            _function.Kill();
            await _function.WaitForExitAsync();
        }

        _function.Dispose();
        _server.Dispose();
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Url!.AbsolutePath["/2018-06-01/runtime/invocation/".Length..];
        if (path == "next")
        {
            (var text, _deadline) = await _events.Reader.ReadAsync();
            response.Headers["Lambda-Runtime-Aws-Request-Id"] = $"request-{++_invocations}";
            response.Headers["Lambda-Runtime-Deadline-Ms"] = $"{_deadline.ToUnixTimeMilliseconds()}";
            response.Headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:eu-central-1:123456789012:function:login-etl";
            await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        }
        else
        {
            using var reader = new StreamReader(request.InputStream);
            var json = JsonNode.Parse(await reader.ReadToEndAsync())!;
            var error = path.EndsWith("/error", StringComparison.Ordinal) ? request.Headers["Lambda-Runtime-Function-Error-Type"] : null;
            response.StatusCode = 202;
            await _answers.Writer.WriteAsync(new Answer(path.Split('/')[0], error, json, DateTimeOffset.UtcNow < _deadline));
        }

        response.Close();
    }

    /// <summary>What became of an invocation.</summary>
    /// <param name="Request">Whose it was.</param>
    /// <param name="Error">The error's type; null where it did not fail.</param>
    /// <param name="Json">As it was given.</param>
    /// <param name="IsInTime">Before the deadline.</param>
    internal sealed record Answer(string Request, string? Error, JsonNode Json, bool IsInTime)
    {
        /// <summary>Ids of the messages that are to come again.</summary>
        public IReadOnlyList<string> Failures => [.. Json["batchItemFailures"]!.AsArray().Select(f => f!["itemIdentifier"]!.GetValue<string>())];
    }
}
