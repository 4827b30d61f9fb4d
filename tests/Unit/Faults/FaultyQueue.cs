using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Faults;

/// <summary>Stands between runs and the SQS server, and does to their calls what no server can be made to do.</summary>
internal sealed class FaultyQueue : IAsyncDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(700);

    // SigV4 bears a quarter of an hour.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(15);

    private readonly SqsProxy _proxy;
    private volatile Course _course = new(CallFaults.None);
    private int _befallen;
    private int _undone;
    private int _delivered;

    public FaultyQueue(Uri server) => _proxy = new SqsProxy(server, HandleAsync);

    /// <summary>Where runs are to send their calls.</summary>
    public Uri EndpointUrl => _proxy.EndpointUrl;

    /// <summary>Every call is cut.</summary>
    public bool IsDown { get; set; }

    /// <summary>How far the server's clock is ahead of the right time.</summary>
    public TimeSpan ClockAhead { get; set; }

    /// <summary>Whether an access key is still valid; null takes all of them.</summary>
    public Predicate<string>? Accepts { get; set; }

    /// <summary>How many calls went wrong.</summary>
    public int Befallen => Volatile.Read(ref _befallen);

    /// <summary>How many deletes were said to be done, or refused as expired, and never were done.</summary>
    public int Undone => Volatile.Read(ref _undone);

    /// <summary>Messages in the answers that runs have got so far, one that was in an answer twice counted twice.</summary>
    public int Delivered => Volatile.Read(ref _delivered);

    /// <summary>Is awaited before anything is done with a call; told its operation and ordinal.</summary>
    public Func<string, int, Task>? Arriving { get; set; }

    /// <summary>From here on. Ordinals start anew.</summary>
    public void Suffer(CallFaults faults) => _course = new Course(faults);

    /// <summary>Calls of an operation since faults were last set.</summary>
    public int Calls(string operation) => _course.Calls(operation);

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private async Task HandleAsync(ProxiedCall call)
    {
        var (ordinal, fault) = _course.Next(call.Operation);
        if (Arriving is { } arriving)
        {
            await arriving(call.Operation, ordinal);
        }

        if (IsDown)
        {
            return;
        }

        var now = DateTimeOffset.UtcNow + ClockAhead;
        if (ClockAhead != TimeSpan.Zero && call.SignedAt is { } signed && (now - signed).Duration() > LargestSkew)
        {
            await call.AnswerAsync(ProxiedAnswer.Refused(403, "RequestTimeTooSkewed") with { Date = now });
            return;
        }

        if (Accepts is { } accepts && !accepts(call.AccessKeyId ?? ""))
        {
            await call.AnswerAsync(ProxiedAnswer.Refused(403, "ExpiredToken"));
            return;
        }

        if (fault is null)
        {
            await AnswerAsync(call, await call.PassOnAsync() with { Date = now });
            return;
        }

        Interlocked.Increment(ref _befallen);
        await BefallAsync(call, fault.Value);
    }

    private async Task BefallAsync(ProxiedCall call, CallFault fault)
    {
        switch (fault)
        {
            case CallFault.CutBefore:
                break;
            case CallFault.CutAfter:
                await call.PassOnAsync();
                break;
            case CallFault.Truncated:
                await call.TruncateAsync(await call.PassOnAsync());
                break;
            case CallFault.InternalErrorAfter:
                await call.PassOnAsync();
                await call.AnswerAsync(ProxiedAnswer.Refused(500, "InternalFailure"));
                break;
            case CallFault.InternalError:
                await call.AnswerAsync(ProxiedAnswer.Refused(500, "InternalFailure"));
                break;
            case CallFault.Unavailable:
                await call.AnswerAsync(new ProxiedAnswer(503, "<html>Service Unavailable</html>"));
                break;
            case CallFault.Throttled:
                await call.AnswerAsync(ProxiedAnswer.Refused(400, "ThrottlingException"));
                break;
            case CallFault.Delayed:
                await Task.Delay(Delay, call.Ended);
                await AnswerAsync(call, await call.PassOnAsync());
                break;
            case CallFault.LeasesOver:
                await AnswerAsync(call, await BatchFaults.EndLeasesAsync(call));
                break;
            case CallFault.Doubled:
                await AnswerAsync(call, BatchFaults.Double(await call.PassOnAsync()));
                break;
            default:
                Interlocked.Add(ref _undone, BatchFaults.LeftUndone(call, fault));
                await call.AnswerAsync(ProxiedAnswer.Ok(await BatchFaults.AnswerAsync(call, fault)));
                break;
        }
    }

    private async Task AnswerAsync(ProxiedCall call, ProxiedAnswer answer)
    {
        // A poll that its run has given up, or a run that was killed: nobody reads the answer.
        if (call.IsAbandoned)
        {
            return;
        }

        await call.AnswerAsync(answer);
        if (call.Operation == SqsOperation.ReceiveMessage && answer.Status == 200)
        {
            Interlocked.Add(ref _delivered, (answer.Json["Messages"] as JsonArray)?.Count ?? 0);
        }
    }

    /// <summary>Faults, and how many calls have come.</summary>
    private sealed class Course(CallFaults faults)
    {
        private readonly ConcurrentDictionary<string, int> _calls = new();

        public (int Ordinal, CallFault? Fault) Next(string operation)
        {
            var ordinal = _calls.AddOrUpdate(operation, 1, (_, before) => before + 1);
            return (ordinal, faults.Of(operation, ordinal));
        }

        public int Calls(string operation) => _calls.GetValueOrDefault(operation);
    }
}
