using LoginEtl.Sandbox.Demo;
using LoginEtl.Sandbox.Servers;

namespace LoginEtl.Unit.Faults;

/// <summary>A run of the worker that has ended.</summary>
/// <param name="Receipt">Null when it was killed.</param>
/// <param name="End">How its process ended.</param>
/// <param name="Said">What it printed.</param>
/// <param name="Killed">A signal that cannot be caught ended it, or two of those that can.</param>
/// <param name="TookTooLong">It did not end in the time it was given.</param>
internal sealed record EndedRun(RunReceipt? Receipt, ProgramEnd End, IReadOnlyList<string> Said, bool Killed, bool TookTooLong)
{
    /// <summary>It says that the queue was proven empty, or that others held their messages for too long.</summary>
    public bool SaysCompleted => Receipt is { Outcome: "completed" };

    public override string ToString() =>
        string.Join(Environment.NewLine, [Receipt is { } receipt ? $"{receipt}, {End}" : $"no receipt, {End}", .. SaysCompleted ? [] : Said]);
}
