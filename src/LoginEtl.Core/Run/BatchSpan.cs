using System.Diagnostics;
using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Telemetry;

namespace LoginEtl.Run;

/// <summary>What a batch tells of itself to whoever traces.</summary>
internal static class BatchSpan
{
    /// <summary>Null where nobody does.</summary>
    public static Activity? Begin(IReadOnlyList<ProtectedLogin> batch)
    {
        if (!RunTraces.AreHeard)
        {
            return null;
        }

        var deliveries = batch.Select(l => l.GetDelivery()).ToList();
        return RunTraces.Batch(
            batch.Count, [.. deliveries.Select(d => d.Queue).Distinct()],
            deliveries.OfType<QueueDelivery>().Where(d => d.TraceParent is not null).Select(d => ($"{d.Id}", d.TraceParent!)));
    }

    /// <summary>What became of its messages.</summary>
    public static void End(Activity? batch, BatchReport report)
    {
        if (batch is null)
        {
            return;
        }

        batch.SetTag("login_etl.batch.id", $"{report.BatchId}");
        foreach (var outcome in report.Outcomes.GroupBy(o => o))
        {
            batch.SetTag($"login_etl.outcome.{RunCounts.NameOf(outcome.Key)}", outcome.Count());
        }
    }

    /// <summary>It failed: nothing of it stands, or nobody knows.</summary>
    public static void Fail(Activity? batch, Exception fault)
    {
        // Of what is no error of ours the text may quote a value.
        var id = fault is LoginEtlException known ? known.Id : fault.GetType().Name;
        batch?.SetTag("error.type", id).SetStatus(ActivityStatusCode.Error, id);
    }
}
