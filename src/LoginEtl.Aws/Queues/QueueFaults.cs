using LoginEtl.Aws.Calls;
using LoginEtl.Faults;

namespace LoginEtl.Aws.Queues;

/// <summary>Says what a failed call means to whoever runs this, and what to do.</summary>
/// <param name="queue">The queue's name.</param>
/// <param name="endpoint">Where it was looked for.</param>
internal sealed class QueueFaults(string queue, QueueEndpoint endpoint)
{
    /// <summary>The endpoint, and the region that is signed for.</summary>
    public string Place => $"{endpoint.Url.GetLeftPart(UriPartial.Authority)} (region {endpoint.Region})";

    public LoginEtlException Explain(SqsException e) => e.Fault switch
    {
        SqsFault.NotFound => new(
            ErrorId.QueueNotFound,
            $"The queue '{queue}' is not at {Place}.",
            "Check the queue's name, the region, the endpoint and the account; a queue of another account is named by its "
            + "URL or ARN.",
            e),
        SqsFault.Denied => new(
            ErrorId.QueueAccessDenied,
            $"{e.Operation} on the queue '{queue}' was refused at {Place}: {e.Code}.",
            $"Allow sqs:{Action(e.Operation)} on the queue (and kms:Decrypt on its key) for these credentials; check "
            + "that they are of this account, have not expired, and that this machine's clock is right.",
            e),
        SqsFault.Throttled => new(
            ErrorId.QueueThrottled,
            $"{e.Operation} on the queue '{queue}' at {Place} kept being refused for too many requests: {e.Code}.",
            "Lower the number of receivers, or settle messages faster: a standard queue has at most about 120,000 in "
            + "flight.",
            e),
        SqsFault.OtherProtocol => new(
            ErrorId.QueueProtocolUnsupported,
            $"The server at {Place} does not speak the SQS protocol that it was asked in: {e.Code}.",
            "Leave the protocol at Auto, which tries both; check the endpoint if it does.",
            e),
        SqsFault.Garbled => new(
            ErrorId.QueueAnswerUnreadable,
            $"{e.Operation} at {Place} was answered by something that is not SQS: {e.Code}.",
            "Check the endpoint, and proxies between here and it.",
            e),
        SqsFault.OutOfMemory => LoginEtlException.OutOfMemory(e),
        SqsFault.Refused => new(
            ErrorId.QueueRequestRefused,
            $"{e.Operation} on the queue '{queue}' was refused at {Place}: {e.Code}.",
            "Check the settings of the queue and the endpoint; the code is explained in the SQS API reference.",
            e),
        _ => new(
            ErrorId.QueueUnreachable,
            $"{e.Operation} on the queue '{queue}' failed at {Place}: {e.Code}.",
            "Check that the endpoint is right and can be reached from here: name resolution, firewall, proxy, VPC "
            + "endpoint.",
            e),
    };

    // Batch operations need the right of the single one.
    private static string Action(string operation) => operation.Replace("Batch", "", StringComparison.Ordinal);
}
