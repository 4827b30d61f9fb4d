using LoginEtl.History;
using LoginEtl.Postgres;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Faults;

/// <summary>Whether what the database remembers of its runs is what its ledger has of them.</summary>
internal static class HistoryCheck
{
    /// <summary>What does not fit of receipts, ledgers and quarantine, in words; each receipt that a run gave is to be there.</summary>
    public static async Task<IEnumerable<string>> UnprovedAsync(string database, IEnumerable<EndedRun> runs)
    {
        var links = runs.Select(r => r.Receipt?.Link).OfType<string>().Select(ReceiptLink.Parse).ToList();
        var proof = await new PostgresConnector().ProveRunsAsync(new DatabaseSettings { Database = new SecretText(database) }, links, CancellationToken.None);
        return proof.Findings.Select(f => $"the books do not fit: {f}");
    }

    /// <summary>What is not so, in words.</summary>
    public static IEnumerable<string> Complaints(IReadOnlyCollection<EndedRun> runs, Standing standing)
    {
        var (rows, quarantined) = (standing.Ledger.GetValueOrDefault(LedgerOutcome.Written), standing.Ledger.GetValueOrDefault(LedgerOutcome.Quarantined));
        if ((standing.Runs.Rows, standing.Runs.Quarantined) != (rows, quarantined))
        {
            yield return $"the runs say {standing.Runs.Rows} rows and {standing.Runs.Quarantined} quarantined, and the ledger has {rows} and {quarantined}";
        }

        // One that was killed may have come no further than to its start.
        var began = runs.Count(r => r.Receipt is { Received: > 0 });
        if (standing.Runs.Count < began || standing.Runs.Count > runs.Count)
        {
            yield return $"{standing.Runs.Count} runs are remembered, and {began} of {runs.Count} have received something";
        }
    }
}
