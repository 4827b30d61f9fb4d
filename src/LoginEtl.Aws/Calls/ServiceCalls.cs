using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Amazon.Runtime;
using LoginEtl.Run;
using LoginEtl.Telemetry;

namespace LoginEtl.Aws.Calls;

/// <summary>Makes calls through the SDK, each within its time and with its failure named.</summary>
/// <param name="timeout">Longest time for one call beside the long poll itself.</param>
internal sealed class ServiceCalls(TimeSpan timeout)
{
    // LocalStack before 3.0 knows the Query protocol only, and calls JSON an internal error: what it is about stands in
    // the message alone (github.com/localstack/localstack/issues/9610).
    private const string LacksAction = "Missing Action";

    private readonly ConcurrentDictionary<string, long> _made = new();

    /// <summary>How many calls were made.</summary>
    public CallCounts Made => CallCounts.From(operation => _made.GetValueOrDefault(operation));

    /// <param name="operation">As the service names it.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="longPoll">How long the server may wait before it answers.</param>
    /// <exception cref="SqsException">It failed, or took too long.</exception>
    public async Task<T> CallAsync<T>(
        string operation, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken,
        TimeSpan longPoll = default)
    {
        _made.AddOrUpdate(operation, 1, (_, count) => count + 1);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var answer = await TryAsync(operation, call, longPoll, cancellationToken).ConfigureAwait(false);
            RunMetrics.Called(operation, started, error: null);
            return answer;
        }
        catch (SqsException e)
        {
            RunMetrics.Called(operation, started, $"{e.Fault}");
            throw;
        }
    }

    private async Task<T> TryAsync<T>(string operation, Func<CancellationToken, Task<T>> call, TimeSpan longPoll, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout + longPoll);
        try
        {
            return await call(limit.Token).ConfigureAwait(false);
        }
        catch (AmazonServiceException e) when (e.StatusCode != 0)
        {
            throw Refused(operation, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SqsException(operation, SqsFault.Unavailable, "Timeout");
        }
        catch (Exception e) when (e is not (SqsException or OperationCanceledException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw NetworkFaults.IsOutOfMemory(e) ? new SqsException(operation, SqsFault.OutOfMemory, nameof(OutOfMemoryException))
                : NetworkFaults.Name(e) is { } name
                ? new SqsException(operation, SqsFault.Unavailable, name)
                : new SqsException(operation, SqsFault.Refused, e.GetType().Name);
        }
    }

    // Of the exception only the status and a clean code are kept: its text may quote handles and bodies.
    private static SqsException Refused(string operation, AmazonServiceException e) => (int)e.StatusCode switch
    {
        < 300 => new SqsException(operation, SqsFault.Garbled, "UnreadableAnswer"),
        < 400 => new SqsException(operation, SqsFault.Refused, $"HTTP {(int)e.StatusCode}, a redirect"),
        _ => Refused(operation, e.StatusCode, e.StatusCode == HttpStatusCode.InternalServerError
            && e.Message.Contains(LacksAction, StringComparison.Ordinal) ? SqsErrorCodes.MissingAction : SqsErrorCodes.Clean(e.ErrorCode)),
    };

    private static SqsException Refused(string operation, HttpStatusCode status, string? code) =>
        new(operation, SqsErrorCodes.Fault(status, code), code ?? string.Create(null, $"HTTP {(int)status}"));
}
