using System.Globalization;
using LoginEtl.Aws.Calls;
using LoginEtl.Aws.Protocols;
using LoginEtl.Aws.Queues;
using LoginEtl.Checks;

namespace LoginEtl.Aws.Checks;

/// <summary>Judges a queue by its attributes.</summary>
/// <param name="attributes">All that the queue gave (SQS API reference, GetQueueAttributes).</param>
/// <param name="endpoint">Where it is.</param>
internal sealed class AttributeChecks(IReadOnlyDictionary<string, string?> attributes, QueueEndpoint endpoint)
{
    /// <summary>Below this, a database's maintenance over a long weekend loses messages. It is SQS's default.</summary>
    private static readonly TimeSpan ShortestRetention = TimeSpan.FromDays(4);

    /// <summary>Below this, one slow commit lets messages out again. It is SQS's default.</summary>
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Every run that stops with messages in hand, and every dry run, counts as a receive: below this, sound messages
    /// end in the dead-letter queue.
    /// </summary>
    private const int FewestReceives = 10;

    public IEnumerable<Check> All() => [Redrive(), Retention(), VisibilityTimeout(), Encryption()];

    private Check Redrive()
    {
        const string remedy = "Give the queue a redrive policy with a dead-letter queue and a maxReceiveCount of 10 or more, "
            + "so that what can never be settled is kept and does not come for ever. A dead-letter queue itself needs none.";
        var text = attributes.GetValueOrDefault("RedrivePolicy");
        if (string.IsNullOrWhiteSpace(text))
        {
            return Warn(CheckNames.RedrivePolicy, "The queue has no dead-letter queue.", remedy);
        }

        if (RedrivePolicy.Parse(text) is not { } policy)
        {
            return Warn(CheckNames.RedrivePolicy, "The queue's redrive policy cannot be read.", remedy);
        }

        var detail = string.Create(
            CultureInfo.InvariantCulture, $"To {policy.DeadLetterQueue} after {policy.MaxReceiveCount} receives.");
        return policy.MaxReceiveCount < FewestReceives
            ? Warn(CheckNames.RedrivePolicy, detail,
                "Raise maxReceiveCount to 10 or more: runs that stop and dry runs count as receives.")
            : Pass(CheckNames.RedrivePolicy, detail);
    }

    private Check Retention()
    {
        const string remedy = "Raise MessageRetentionPeriod to 4 days or more (14 is the most): what the database cannot take "
            + "until then is lost.";
        return attributes.Seconds("MessageRetentionPeriod") is not { } kept
            ? Warn(CheckNames.Retention, "The server does not say how long messages are kept.", remedy)
            : kept < ShortestRetention
                ? Warn(CheckNames.Retention, $"Messages are kept for {Span(kept)}.", remedy)
                : Pass(CheckNames.Retention, $"Messages are kept for {Span(kept)}.");
    }

    private Check VisibilityTimeout()
    {
        const string name = CheckNames.VisibilityTimeout;
        if (attributes.Seconds("VisibilityTimeout") is not { } timeout)
        {
            return new Check(
                name, CheckOutcome.Fail, "The server gives no visibility timeout, by which the heartbeat is timed.",
                "Check the endpoint: SQS always gives VisibilityTimeout.");
        }

        var detail = $"{Span(timeout)}; extended while messages are held.";
        return timeout > SqsQuotas.LongestHold
            ? Warn(name, detail, "Set VisibilityTimeout to 12 hours at most: SQS allows no more.")
            : timeout < ShortestTimeout
                ? Warn(name, detail, "Raise VisibilityTimeout to 30 seconds or more, so that a slow commit or a lost "
                    + "heartbeat does not deliver messages twice.")
                : Pass(name, detail);
    }

    private Check Encryption()
    {
        var atRest = !string.IsNullOrEmpty(attributes.GetValueOrDefault("KmsMasterKeyId"))
            ? "SSE-KMS: these credentials need kms:Decrypt on its key"
            : bool.TryParse(attributes.GetValueOrDefault("SqsManagedSseEnabled"), out var managed) && managed
                ? "SSE-SQS"
                : "none that the queue tells of";
        var onTheWay = endpoint.Url.Scheme == Uri.UriSchemeHttps ? "TLS" : "none";
        return Pass(CheckNames.Encryption, $"At rest: {atRest}. On the way: {onTheWay}.");
    }

    private static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.#} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.#} hours"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} seconds"),
    };

    private static Check Pass(string name, string detail) => new(name, CheckOutcome.Pass, detail);

    private static Check Warn(string name, string detail, string remedy) =>
        new(name, CheckOutcome.Warn, detail, remedy);
}
