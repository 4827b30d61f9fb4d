using System.Diagnostics;
using LoginEtl.Aws.Calls;
using LoginEtl.Checks;

namespace LoginEtl.Aws.Conformance;

/// <summary>Something about SQS that a promise rests on.</summary>
/// <param name="Name">Stays the same between versions: reports are compared by it.</param>
/// <param name="Promise">The heading of the promise, and after a colon how it rests on this.</param>
internal sealed record Assertion(string Name, string Promise);

/// <summary>A few calls that tell of assertions.</summary>
/// <param name="Assertions">All that it tells of.</param>
/// <param name="TryAsync">Makes the calls.</param>
internal sealed record Trial(IReadOnlyList<Assertion> Assertions, Func<Lane, Findings, Task> TryAsync);

/// <summary>Trials that are made one after the other, on queues of their own.</summary>
/// <param name="Queue">The end of the queue's name.</param>
/// <param name="DeadLetters">That of its dead-letter queue; null for none.</param>
/// <param name="Trials">In their order.</param>
internal sealed record LanePlan(string Queue, string? DeadLetters, IReadOnlyList<Trial> Trials);

/// <summary>The queues of a lane.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="DeadLetters">Its dead-letter queue; null for none.</param>
/// <param name="CountLag">By when counts must be right.</param>
internal sealed record Lane(TrialQueue Queue, TrialQueue? DeadLetters, TimeSpan CountLag);

/// <summary>A trial could not come to its point.</summary>
internal sealed class TrialException(string seen) : Exception(seen);

/// <summary>What a trial has seen.</summary>
/// <param name="trial">The trial.</param>
internal sealed class Findings(Trial trial)
{
    private readonly Dictionary<Assertion, ConformanceResult> _results = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Every assertion of the trial; those that nothing was said of were not tried.</summary>
    public IEnumerable<ConformanceResult> Results => trial.Assertions.Select(a => _results.GetValueOrDefault(a) ?? Result(a, nameof(ConformanceReport.NotTried), "the trial did not come so far"));

    /// <summary>Whether the assertion holds.</summary>
    /// <param name="assertion">One of the trial's.</param>
    /// <param name="holds">Whether it does.</param>
    /// <param name="seen">What was seen; no id, no handle and no text of a server.</param>
    public void Say(Assertion assertion, bool holds, string seen) =>
        _results[assertion] = Result(assertion, holds ? nameof(ConformanceReport.Held) : nameof(ConformanceReport.Deviates), seen);

    /// <summary>The rest was refused, or could not be tried.</summary>
    public void Failed(Exception e)
    {
        var seen = e is SqsException or TrialException ? e.Message : e.GetType().Name;
        // What SQS takes was refused, or was not found where it was made.
        var deviates = e is SqsException { Fault: SqsFault.Refused or SqsFault.NotFound };
        foreach (var assertion in trial.Assertions.Where(a => !_results.ContainsKey(a)))
        {
            _results[assertion] = Result(assertion, deviates ? nameof(ConformanceReport.Deviates) : nameof(ConformanceReport.NotTried), seen);
        }
    }

    private ConformanceResult Result(Assertion assertion, string status, string seen) =>
        new(assertion.Name, status, assertion.Promise, seen, _clock.ElapsedMilliseconds);
}
