using LoginEtl.Unit.Faults.Messages;

namespace LoginEtl.Unit.Faults;

/// <summary>Whether runs stop before what is no queue of logins, and before nothing else.</summary>
internal static class BrakeCheck
{
    // As docs/table.md has it.
    private const int Most = 20;
    private const string Told = "no login came between them";

    /// <summary>What is wrong with why runs stopped; empty when all is well.</summary>
    public static IEnumerable<string> Complaints(IEnumerable<EndedRun> runs, IEnumerable<SentMessage> sent)
    {
        var alike = sent.Select(m => m.Reason).OfType<string>().Where(r => r != Login.RefusedRow).CountBy(r => r).Select(c => c.Value).DefaultIfEmpty().Max();
        if (alike < Most && runs.Any(IsStopped))
        {
            yield return $"a run was stopped by bodies that are rejected alike, and only {alike} were sent";
        }
    }

    /// <summary>What is wrong with runs that met a flood and nothing else.</summary>
    /// <param name="flood">More than the runs together may let pass.</param>
    /// <param name="together">The runs.</param>
    /// <param name="standing">What they have left.</param>
    /// <param name="isUndisturbed">Nothing else befell them.</param>
    public static IEnumerable<string> FloodComplaints(
        IReadOnlyCollection<SentMessage> flood, IReadOnlyCollection<EndedRun> together, Standing standing, bool isUndisturbed)
    {
        var quarantined = flood.Count(m => LedgerCheck.IsSettled(m, standing));
        if (quarantined > (Most - 1) * together.Count)
        {
            yield return $"{quarantined} of {flood.Count} bodies of something else were settled, and {Most - 1} of a run may be";
        }

        if (together.Any(r => r.SaysCompleted))
        {
            yield return $"a run that met {flood.Count} bodies of something else says completed";
        }

        if (isUndisturbed && !together.All(IsStopped))
        {
            yield return $"a run that met {flood.Count} bodies of something else did not stop for it: {together.First(r => !IsStopped(r))}";
        }
    }

    private static bool IsStopped(EndedRun run) => run.Receipt?.Error?.Contains(Told, StringComparison.Ordinal) == true;
}
