using LoginEtl.Sqs.Client.Pipeline;

namespace LoginEtl.Sqs.Client;

/// <summary>Makes one call, whichever protocol its content is in: within its time, and with its failure named.</summary>
/// <param name="service">Signs and sends.</param>
/// <param name="timeout">Longest time for one call beside the long poll itself.</param>
internal sealed class SqsTransport(SqsServiceClient service, TimeSpan timeout) : IDisposable
{
    /// <summary>The answer's bytes.</summary>
    /// <param name="call">What to send.</param>
    /// <param name="longPoll">How long the server may wait before it answers.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="SqsException">It failed, or took too long.</exception>
    public async Task<byte[]> CallAsync(SqsCall call, TimeSpan longPoll, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout + longPoll);
        try
        {
            return await service.CallAsync(call, limit.Token).ConfigureAwait(false);
        }
        catch (SqsRefusal refusal)
        {
            throw Refused(call.Operation, refusal);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SqsException(call.Operation, SqsFault.Unavailable, "Timeout");
        }
        catch (Exception e) when (e is not (SqsException or OperationCanceledException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw NetworkFaults.Name(e) is { } name
                ? new SqsException(call.Operation, SqsFault.Unavailable, name)
                : new SqsException(call.Operation, SqsFault.Refused, e.GetType().Name);
        }
    }

    public void Dispose() => service.Dispose();

    private static SqsException Refused(string operation, SqsRefusal refusal)
    {
        var status = refusal.StatusCode;
        var code = refusal.ErrorCode;
        return (int)status is >= 300 and < 400
            ? new SqsException(operation, SqsFault.Refused, $"HTTP {(int)status}, a redirect")
            : new SqsException(
                operation, SqsErrorCodes.Fault(status, code), code ?? string.Create(null, $"HTTP {(int)status}"));
    }
}
