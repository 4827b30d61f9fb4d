using System.Text;
using System.Text.RegularExpressions;
using LoginEtl.Connections;
using LoginEtl.Faults;

namespace LoginEtl.Sqs.Connecting;

/// <summary>A queue as it was named: by its name, URL or ARN.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="AccountId">The owner's account, 12 digits; null for the caller's own.</param>
/// <param name="Region">Where a URL or ARN says that it is.</param>
/// <param name="Url">The URL, when it was given as one.</param>
internal sealed partial record QueueAddress(string Name, string? AccountId, string? Region, Uri? Url)
{
    /// <summary>FIFO queues are told by their names (SQS API reference, CreateQueue).</summary>
    public bool IsFifo => Name.EndsWith(".fifo", StringComparison.Ordinal);

    /// <exception cref="LoginEtlException"><c>InvalidQueueSetting</c>: none of the three forms.</exception>
    public static QueueAddress Parse(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var text = queue.Trim();
        if (text.StartsWith("arn:", StringComparison.Ordinal))
        {
            return Arn().Match(text) is { Success: true } arn
                ? Checked(new QueueAddress(
                    arn.Groups["name"].Value, arn.Groups["account"].Value, arn.Groups["region"].Value, Url: null))
                : throw Invalid();
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            return FromUrl(text);
        }

        return Checked(new QueueAddress(text, AccountId: null, Region: null, Url: null));
    }

    private static QueueAddress FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.UserInfo.Length + url.Query.Length + url.Fragment.Length > 0
            || url.AbsolutePath.Contains('%', StringComparison.Ordinal)
            // A host with marks of direction reads as another, and is one; names in other scripts have an ASCII form.
            || !Ascii.IsValid(text))
        {
            throw Invalid();
        }

        var path = url.AbsolutePath.Trim('/').Split('/');
        var account = path.Length > 1 && Account().IsMatch(path[^2]) ? path[^2] : null;
        return Checked(new QueueAddress(path[^1], account, QueueHost.RegionOf(url), url));
    }

    // 80 characters: SQS API reference, CreateQueue.
    private static QueueAddress Checked(QueueAddress address) =>
        QueueName().IsMatch(address.Name) ? address : throw Invalid();

    private static LoginEtlException Invalid() => new(
        "InvalidQueueSetting", FaultKind.Configuration,
        "The queue is not named by a queue name, a queue URL or a queue ARN.",
        $"Set {nameof(QueueSettings.Queue)} to one of these forms: login-queue, "
        + "https://sqs.eu-central-1.amazonaws.com/123456789012/login-queue, "
        + "arn:aws:sqs:eu-central-1:123456789012:login-queue.");

    [GeneratedRegex("^arn:[a-z-]+:sqs:(?<region>[a-z0-9-]+):(?<account>[0-9]{12}):(?<name>[^:]+)$")]
    private static partial Regex Arn();

    [GeneratedRegex("^[0-9]{12}$")]
    private static partial Regex Account();

    [GeneratedRegex(@"^(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?$")]
    private static partial Regex QueueName();
}
