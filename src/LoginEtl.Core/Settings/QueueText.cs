using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace LoginEtl.Settings;

/// <summary>A queue as people name it: by its name, its URL or its ARN.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="AccountId">The owner's account, 12 digits; null for the caller's own.</param>
/// <param name="Region">Where an ARN says that it is.</param>
/// <param name="Url">The URL, when it was given as one; without user name, query and fragment.</param>
public sealed partial record QueueText(string Name, string? AccountId, string? Region, Uri? Url)
{
    /// <summary>Reads one of the three forms; false for anything else, which is not to be quoted then.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out QueueText? queue)
    {
        queue = Read((text ?? "").Trim());
        if (queue is null || !QueueName().IsMatch(queue.Name))
        {
            queue = null;
        }

        return queue is not null;
    }

    private static QueueText? Read(string text)
    {
        if (text.StartsWith("arn:", StringComparison.Ordinal))
        {
            return Arn().Match(text) is { Success: true } arn
                ? new QueueText(arn.Groups["name"].Value, arn.Groups["account"].Value, arn.Groups["region"].Value, Url: null)
                : null;
        }

        if (!text.Contains("://", StringComparison.Ordinal))
        {
            return new QueueText(text, AccountId: null, Region: null, Url: null);
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.UserInfo.Length + url.Query.Length + url.Fragment.Length > 0
            || url.AbsolutePath.Contains('%', StringComparison.Ordinal)
            // A host with marks of direction reads as another, and is one; names in other scripts have an ASCII form.
            || !Ascii.IsValid(text))
        {
            return null;
        }

        var path = url.AbsolutePath.Trim('/').Split('/');
        return new QueueText(path[^1], path.Length > 1 && Account().IsMatch(path[^2]) ? path[^2] : null, Region: null, url);
    }

    [GeneratedRegex(@"^arn:[a-z-]+:sqs:(?<region>[a-z0-9-]+):(?<account>[0-9]{12}):(?<name>[^:]+)\z")]
    private static partial Regex Arn();

    [GeneratedRegex(@"^[0-9]{12}\z")]
    private static partial Regex Account();

    // 80 characters: SQS API reference, CreateQueue.
    [GeneratedRegex(@"^(?=.{1,80}\z)[A-Za-z0-9_-]+(\.fifo)?\z")]
    private static partial Regex QueueName();
}
