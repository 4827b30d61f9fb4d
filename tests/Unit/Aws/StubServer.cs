using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Amazon.Runtime;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers HTTP requests on loopback with whatever bytes a test says: what no SQS server would.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private static readonly ServiceCalls s_calls = new(TimeSpan.FromSeconds(1));
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Func<string, string?> _answer;
    private readonly Task _serving;

    /// <param name="answer">The whole answer to a request's head and body; null never answers.</param>
    public StubServer(Func<string, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Of a queue on this server; each call is given up after a second.</summary>
    public QueueSettings Settings => new()
    {
        Queue = "login-queue",
        Region = "eu-central-1",
        EndpointUrl = Url,
        AccessKey = "AKEXAMPLE",
        SecretKey = new SecretText("top-secret"),
        Timeout = TimeSpan.FromSeconds(1),
        Protocol = TestQueue.Protocol,
    };

    public static string Http(string status, string contentType, string body, string headers = "") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public static string Json(string body) => Http("200 OK", "application/x-amz-json-1.0", body);

    public static string Xml(string body) => Http("200 OK", "text/xml", body);

    /// <summary>Signed calls in JSON to this server, each given up after a second.</summary>
    public SdkSqsClient JsonClient() => new(Service(), s_calls);

    /// <summary>The same in Query.</summary>
    public QuerySqsClient QueryClient() => new(Service(), s_calls);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _serving;
    }

    private SqsServiceClient Service() =>
        new(new BasicAWSCredentials("AKEXAMPLE", "top-secret"), new QueueEndpoint(Url, "us-east-1"), TimeSpan.FromSeconds(1), TestQueue.IsDirect);

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_ending.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The end.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var buffer = new byte[1 << 16];
            var length = 0;
            while (!IsWhole(Encoding.UTF8.GetString(buffer, 0, length)))
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), _ending.Token);
                if (read == 0)
                {
                    return;
                }

                length += read;
            }

            if (_answer(Encoding.UTF8.GetString(buffer, 0, length)) is { } answer)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _ending.Token);
                if (!answer.Contains("X-Stall", StringComparison.Ordinal))
                {
                    return;
                }
            }

            await Task.Delay(Timeout.Infinite, _ending.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client went, or the test ended.
        }
    }

    private static bool IsWhole(string request)
    {
        var head = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var field = request.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return head >= 0 && (field < 0 || field > head || request.Length - head - 4 >= int.Parse(
                request.AsSpan(field + 16, request.IndexOf("\r\n", field, StringComparison.Ordinal) - field - 16),
                CultureInfo.InvariantCulture));
    }
}
