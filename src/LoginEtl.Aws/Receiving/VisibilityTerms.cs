namespace LoginEtl.Aws.Receiving;

/// <summary>How long a received message stays invisible.</summary>
/// <param name="Timeout">The queue's own VisibilityTimeout, or ours where that is too short to hold anything.</param>
/// <param name="AskFor">Seconds to ask for at each receive; null to take the queue's own.</param>
internal sealed record VisibilityTerms(TimeSpan Timeout, int? AskFor)
{
    /// <summary>Below this a heartbeat cannot keep a message: the queue's attribute may be 0.</summary>
    private const int ShortestSeconds = 2;

    private const int InsteadSeconds = 30;

    /// <summary>Leases are looked after four times in their length, so that three may fail.</summary>
    public TimeSpan Beat => Timeout / 4;

    public static VisibilityTerms Of(int seconds) => seconds < ShortestSeconds
        ? new VisibilityTerms(TimeSpan.FromSeconds(InsteadSeconds), InsteadSeconds)
        : new VisibilityTerms(TimeSpan.FromSeconds(seconds), AskFor: null);
}
