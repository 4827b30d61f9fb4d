using LoginEtl.Aws.Calls;
using LoginEtl.Faults;
using LoginEtl.Settings;

namespace LoginEtl.Aws.Queues;

/// <summary>A queue as it was named: by its name, URL or ARN.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="AccountId">The owner's account, 12 digits; null for the caller's own.</param>
/// <param name="Region">Where a URL or ARN says that it is.</param>
/// <param name="Url">The URL, when it was given as one.</param>
internal sealed record QueueAddress(string Name, string? AccountId, string? Region, Uri? Url)
{
    /// <summary>FIFO queues are told by their names (SQS API reference, CreateQueue).</summary>
    public bool IsFifo => Name.EndsWith(".fifo", StringComparison.Ordinal);

    /// <exception cref="LoginEtlException"><c>InvalidQueueSetting</c>: none of the three forms.</exception>
    public static QueueAddress Parse(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return QueueText.TryParse(queue, out var text)
            ? new QueueAddress(text.Name, text.AccountId, text.Url is null ? text.Region : QueueHost.RegionOf(text.Url), text.Url)
            : throw Invalid();
    }

    private static LoginEtlException Invalid() => new(
        ErrorId.InvalidQueueSetting,
        "The queue is not named by a queue name, a queue URL or a queue ARN.",
        $"Set {nameof(QueueSettings.Queue)} to one of these forms: login-queue, "
        + "https://sqs.eu-central-1.amazonaws.com/123456789012/login-queue, "
        + "arn:aws:sqs:eu-central-1:123456789012:login-queue.");
}
