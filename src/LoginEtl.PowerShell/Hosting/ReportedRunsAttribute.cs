using System.Collections;
using System.Management.Automation;
using LoginEtl.History;
using LoginEtl.Report;
using LoginEtl.Run;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes receipts and runs of the database, one or many; quotes nothing of what is neither.</summary>
/// <param name="takes">What the cmdlet takes, in words.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ReportedRunsAttribute(string takes) : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            ReportedRun[] runs => runs,
            IList list => list.Cast<object?>().Select(Of).ToArray(),
            var one => new[] { Of(one) },
        };

    private ReportedRun Of(object? input) => (input is PSObject wrapped ? wrapped.BaseObject : input) switch
    {
        Receipt receipt => ReportedRun.Of(receipt),
        LoginRun run => ReportedRun.Of(run),
        _ => throw Refusal.Of($"It takes {takes}."),
    };
}
