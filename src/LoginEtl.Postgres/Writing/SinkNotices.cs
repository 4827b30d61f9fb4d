using System.Globalization;
using LoginEtl.Keysets;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Connections;
using LoginEtl.Run;
using LoginEtl.Settings;

namespace LoginEtl.Postgres.Writing;

/// <summary>What operators are told of batches that stand, and what is told once a run only.</summary>
internal sealed class SinkNotices(Database database, SchemaRecord schema, SinkOptions options)
{
    private bool _toldOfServer = schema.Notice is null;
    private bool _toldOfSuppressed;
    private bool _toldOfKeys;
    private bool _toldOfForeign;

    /// <summary>Those of a batch. Never throws: it stands.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(QualifiedName table, List<string> changes, IReadOnlyList<Outcome> outcomes, BatchPlan plan)
    {
        var notices = new List<string>();
        if (!_toldOfServer)
        {
            _toldOfServer = true;
            notices.Add(schema.Notice!);
            await RecordAsync(table).ConfigureAwait(false);
        }

        if (!_toldOfKeys && StoredKeys.ByIdAlone(plan.KnownByIdAlone) is { } keys)
        {
            _toldOfKeys = true;
            notices.Add($"{keys} {StoredKeys.ByIdAloneRemedy}");
        }

        if (!_toldOfForeign && plan.Foreign.Count > 0)
        {
            _toldOfForeign = true;
            notices.Add($"{table} has values that were not masked by this module, by their looks ({string.Join(", ", plan.Foreign)}): they join with nothing that is written from now on. docs/table.md says what can be done (Rows of an earlier script).");
        }

        if (changes.Count > 0)
        {
            notices.Add($"{table} changed under the run ({string.Join("; ", changes)}); rows are written for what it is now.");
        }

        var suppressed = outcomes.Count(o => o == Outcome.Suppressed);
        if (suppressed > 0 && !_toldOfSuppressed && options.OnSuppressed != SuppressedAction.Accept)
        {
            // A trigger does so with every batch.
            _toldOfSuppressed = true;
            notices.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{table} did not take {suppressed} of the {outcomes.Count} rows of a batch, without an error: a trigger keeps them out or routes them. ")
                + "Their messages are settled, and the receipt counts all of them as suppressed; -OnSuppressed Accept where the table is made so.");
        }

        return notices;
    }

    // By the first run to write, where the user may; else the next one tells of it, too.
    private async Task RecordAsync(QualifiedName table)
    {
        if (!schema.MayRecord || options.DryRun)
        {
            return;
        }

        try
        {
            await database.UseAsync(
                async connection =>
                {
                    await SchemaRecord.RecordTimelineAsync(connection, table, CancellationToken.None).ConfigureAwait(false);
                    return 0;
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The batch is committed: whatever this ran into, it must not be told as failed.
        }
    }
}
