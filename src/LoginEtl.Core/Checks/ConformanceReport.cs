using System.Globalization;
using System.Text;

namespace LoginEtl.Checks;

/// <summary>
/// What a server of SQS does, of what the promises rest on. Names no account, no host and no credentials: it is for a
/// report that others read.
/// </summary>
public sealed record ConformanceReport
{
    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took, the making and deleting of queues with it.</summary>
    public required double Seconds { get; init; }

    /// <summary>Of this program.</summary>
    public required string Version { get; init; }

    /// <summary>What kind of server it was: <c>AWS</c>, <c>Loopback</c> or <c>Other</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The region that was signed for.</summary>
    public required string Region { get; init; }

    /// <summary>What was spoken: <c>Json</c> or <c>Query</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Each assertion, in the order of docs/conformance.md.</summary>
    public required IReadOnlyList<ConformanceResult> Assertions { get; init; }

    /// <summary>Names of the queues that it made and could not delete.</summary>
    public required IReadOnlyList<string> QueuesLeft { get; init; }

    /// <summary>How many held.</summary>
    public int Held => Count(nameof(Held));

    /// <summary>How many did not.</summary>
    public int Deviates => Count(nameof(Deviates));

    /// <summary>How many could not be tried.</summary>
    public int NotTried => Count(nameof(NotTried));

    /// <summary>As it is pasted: a head, then a line an assertion.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"LoginEtl {Version}, {Endpoint}, {Region}, {Protocol}, {Started.UtcDateTime:yyyy-MM-dd HH:mm}Z, {Seconds:0.0} s\n{Held} held, {Deviates} deviate, {NotTried} not tried\n"));
        foreach (var assertion in Assertions)
        {
            text.Append('\n').Append(assertion);
        }

        return QueuesLeft.Count == 0 ? $"{text}" : $"{text}\n\nNot deleted: {string.Join(", ", QueuesLeft)}";
    }

    private int Count(string status) => Assertions.Count(a => a.Status == status);
}

/// <summary>One assertion, and what was seen of it.</summary>
/// <param name="Name">Its name, which stays the same between versions.</param>
/// <param name="Status"><c>Held</c>, <c>Deviates</c> or <c>NotTried</c>; a text, so that JSON shows it as one.</param>
/// <param name="Promise">Which promise rests on it, and how.</param>
/// <param name="Seen">What the server did.</param>
/// <param name="Milliseconds">From the beginning of its trial.</param>
public sealed record ConformanceResult(string Name, string Status, string Promise, string Seen, long Milliseconds)
{
    /// <summary>In a line.</summary>
    public override string ToString() => $"{Status,-8}  {Name}: {Seen}";
}
