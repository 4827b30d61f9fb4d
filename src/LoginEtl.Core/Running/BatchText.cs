using LoginEtl.Settlement;

namespace LoginEtl.Running;

/// <summary>What the hosts say of a batch.</summary>
public static class BatchText
{
    /// <summary>One line: id, counts, time.</summary>
    public static string Of(BatchReport batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var counts = Enum.GetValues<Outcome>()
            .Select(outcome => (Name: outcome.ToString().ToLowerInvariant(), Count: batch.Count(outcome), Outcome: outcome))
            .Where(c => c.Count > 0 || c.Outcome is Outcome.Written or Outcome.Duplicate or Outcome.Quarantined)
            .Select(c => $"{c.Count} {c.Name}");
        return $"Batch {batch.BatchId}: {string.Join(", ", counts)} in {batch.Elapsed.TotalMilliseconds:0} ms.";
    }
}
