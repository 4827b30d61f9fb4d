using System.Xml.Linq;
using LoginEtl.Run;

namespace LoginEtl.Report;

/// <summary>What became of messages, as the receipt counts them.</summary>
internal static class OutcomeTable
{
    // People look for these, be they zero.
    private static readonly Outcome[] Always = [Outcome.Written, Outcome.Duplicate, Outcome.Quarantined];

    /// <param name="counts">The counts.</param>
    /// <param name="received">Of how many.</param>
    public static XElement Of(RunCounts counts, long received) => CountTable.Of("Outcome", "Messages", received == 0 ? null : received,
    [
        .. Enum.GetValues<Outcome>().Where(o => counts[o] > 0 || Always.Contains(o))
            .Select(o => new CountRow(ReportText.Words(RunCounts.NameOf(o)), counts[o])),
    ]);
}
