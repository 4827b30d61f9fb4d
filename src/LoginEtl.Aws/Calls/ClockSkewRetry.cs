using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace LoginEtl.Aws.Calls;

/// <summary>
/// Of the SDK's retries only those after a correction of the clock. All others are ours: the SDK's would multiply
/// with them, draw on a process-wide budget that one dead endpoint empties for all, and start a long poll anew after
/// the run was asked to stop.
/// </summary>
internal sealed class ClockSkewRetry() : StandardRetryPolicy(Retries)
{
    // Every answer sets the correction, late ones from before a clock jumped, too: a retry may still be signed wrongly.
    private const int Retries = 3;

    public static void ReplaceIn(RuntimePipeline pipeline) =>
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new ClockSkewRetry()));

    public override bool RetryForException(IExecutionContext executionContext, Exception exception) => false;

    public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) =>
        Task.FromResult(false);
}
