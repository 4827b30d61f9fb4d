using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace LoginEtl.Sandbox.Servers;

/// <summary>
/// A script of sandbox/npm in Node.js, which answers requests in JSON lines and ends when its stdin closes: so it
/// ends with this process however that ends, kill -9 included.
/// </summary>
internal sealed class NodeScript : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private readonly string _name;
    private readonly Process _process;
    private readonly Action<JsonObject>? _onEvent;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonObject>> _pending = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Task<string> _errors;
    private readonly Task _answers;
    private long _lastId;
    private int _disposed;

    private NodeScript(string name, Process process, Action<JsonObject>? onEvent)
    {
        (_name, _process, _onEvent) = (name, process, onEvent);
        _errors = process.StandardError.ReadToEndAsync();
        _answers = Task.Run(ReadAnswersAsync);
    }

    /// <exception cref="SandboxException">Node.js is missing or too old.</exception>
    public static NodeScript Start(string script, IEnumerable<string> arguments, Action<JsonObject>? onEvent = null)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = ServerPackages.Folder,
        };
        // A session of its own: a kill of the terminal's whole process group leaves it alive to clean up.
        string node = NodeInstallation.Node;
        start.FileName = Executables.Find("setsid") ?? node;
        if (start.FileName != node) start.ArgumentList.Add(node);
        start.ArgumentList.Add(Path.Combine(ServerPackages.Folder, script));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        SandboxEnvironment.RemoveFrom(start);
        return new NodeScript(script, Process.Start(start)!, onEvent);
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="SandboxException">The script answered with an error, or has ended.</exception>
    public async Task<JsonObject> AskAsync(string verb, JsonObject request, CancellationToken cancellationToken)
    {
        long id = Interlocked.Increment(ref _lastId);
        request["id"] = id;
        request["do"] = verb;
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            await SendAsync(request.ToJsonString(), cancellationToken);
            // The answer may never come, and nobody fails what was asked after the script's end.
            if (await Task.WhenAny(answer.Task, _answers).WaitAsync(cancellationToken) != answer.Task
                && !answer.Task.IsCompleted)
                throw await EndedAsync();
            JsonObject said = await answer.Task;
            return said["error"] is { } error ? throw new SandboxException($"{_name}: {error}") : said;
        }
        catch (IOException)
        {
            throw await EndedAsync();
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Closes the script's stdin and waits until it has cleaned up and ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(EndTimeout);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        await _answers;
        _process.Dispose();
        _writing.Dispose();
    }

    private async Task SendAsync(string line, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), CancellationToken.None);
            await _process.StandardInput.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAnswersAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonObject said = JsonNode.Parse(line)!.AsObject();
            if (said["id"] is { } id)
            {
                if (_pending.TryGetValue(id.GetValue<long>(), out var answer)) answer.TrySetResult(said);
            }
            else
            {
                _onEvent?.Invoke(said);
            }
        }
    }

    private async Task<SandboxException> EndedAsync()
    {
        string errors = await _errors;
        return new SandboxException(string.Create(CultureInfo.InvariantCulture,
            $"sandbox/npm/{_name} ended unexpectedly (run by {NodeInstallation.Node}). It said: {errors.Trim()}"));
    }
}
