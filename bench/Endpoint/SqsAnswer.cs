namespace LoginEtl.Bench.Endpoint;

/// <summary>What is said to a call, before a protocol has its way with it.</summary>
internal abstract record SqsAnswer;

internal sealed record NothingAnswer : SqsAnswer;

internal sealed record UrlAnswer(string Queue) : SqsAnswer;

internal sealed record AttributesAnswer(IReadOnlyList<(string Name, string Value)> Attributes) : SqsAnswer;

internal sealed record MessagesAnswer(List<ReceivedCopy> Messages, SqsCall Call) : SqsAnswer;

internal sealed record SentAnswer(StoredMessage Message) : SqsAnswer;

internal sealed record BatchAnswer(IReadOnlyList<BatchResult> Results) : SqsAnswer;

/// <summary>An entry's end: sent, done, or refused under a code.</summary>
internal readonly record struct BatchResult(string Id, StoredMessage? Sent = null, string? Refused = null);

/// <summary>The call as a whole is refused.</summary>
/// <param name="Code">As the JSON protocol spells it.</param>
internal sealed record RefusedAnswer(string Code) : SqsAnswer
{
    /// <summary>As the Query protocol spells it.</summary>
    public string QueryCode => Code == SqsService.NoSuchQueue ? "AWS.SimpleQueueService.NonExistentQueue" : Code;
}
