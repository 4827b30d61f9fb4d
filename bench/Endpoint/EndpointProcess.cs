using System.Diagnostics;

namespace LoginEtl.Bench.Endpoint;

/// <summary>An endpoint in a child process.</summary>
internal sealed class EndpointProcess : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly Process _process;

    private EndpointProcess(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    /// <summary>Processor time so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<EndpointProcess> StartAsync(int latency)
    {
        var process = BenchChild.Start(BenchChild.ThisProgram, ["sqs-endpoint", "--latency", $"{latency}"]);
        var url = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The endpoint did not start.");
        return new EndpointProcess(process, new Uri(url));
    }

    public async Task FillAsync(string queue, int messages)
    {
        using var answer = await _http.PostAsync(new Uri(Url, $"/fill?queue={queue}&messages={messages}"), null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Messages that are still there, visible or leased; the queue goes.</summary>
    public async Task<int> DropAsync(string queue)
    {
        using var client = new SqsCaller(Url);
        var left = await client.CountAsync(queue);
        await client.CallAsync("DeleteQueue", new() { ["QueueUrl"] = queue });
        return left.Visible + left.Leased;
    }

    /// <summary>What the end of a parent does, however it ended. False when the child goes on.</summary>
    public bool EndInput()
    {
        _process.StandardInput.Close();
        return _process.WaitForExit(TimeSpan.FromSeconds(5));
    }

    public void Dispose()
    {
        if (!EndInput())
        {
            _process.Kill();
        }

        _process.Dispose();
        _http.Dispose();
    }
}
