using System.Globalization;
using LoginEtl.Postgres.Catalog;
using LoginEtl.Postgres.Schema;
using LoginEtl.Postgres.Targets;
using LoginEtl.Settings;
using Npgsql;

namespace LoginEtl.Postgres.Checks;

/// <summary>The checks of the functions that delete what is old.</summary>
internal sealed class FunctionChecks(CheckList list, NpgsqlConnection connection, LiveTable table)
{
    private const string Pruning = "Ledger pruning";
    private const string Keeping = "Data retention";

    // Runs call it each hour; a day that nobody ran is no fault.
    private const int DaysOfGrace = 2;

    /// <summary>The ledger forgets.</summary>
    public async Task CheckPruningAsync(CancellationToken cancellationToken)
    {
        var prune = new PruneFunction(table.Name);
        var state = await prune.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false);
        if (state.Stranger is { } stranger)
        {
            list.Fail(Pruning, ForeignObjects.Owned(prune.Signature, stranger, table.Name));
            return;
        }

        var (detail, remedy) = state switch
        {
            { Exists: false } => ($"there is no {prune.Name}: {prune.Neglect}", "Create it with Initialize-LoginDatabase."),
            { IsGranted: true, IsCurrent: false } => ($"{prune.Name} is not the function this version makes: entries may be forgotten while their messages can still come", "Replace it with Initialize-LoginDatabase."),
            { IsCallable: true, HasIndexes: false } => ($"there is no {table.Name.Beside(SchemaNames.LedgerUntimed)}: to forget old entries reads the whole ledger", "Run Initialize-LoginDatabase, which makes it."),
            { IsCallable: true } => (
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"runs forget queue entries older than {LedgerAges.Forgotten.TotalDays} days, those of FIFO queues after {LedgerAges.UntimedForgotten.TotalDays}"), null),
            _ => Uncalled(prune, state),
        };
        list.Add(Pruning, detail, remedy);
    }

    /// <summary>What is past its retention goes.</summary>
    /// <param name="isTrusted">Nothing there is a stranger's, whose code could run where it is read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task CheckRetentionAsync(bool isTrusted, CancellationToken cancellationToken)
    {
        if (await RetainFunction.FindAsync(connection, table, cancellationToken).ConfigureAwait(false) is not { } retain)
        {
            list.Add(Keeping, "none: nothing is deleted for its age");
            return;
        }

        var state = await retain.StateAsync(connection, role: null, cancellationToken).ConfigureAwait(false);
        if (state.Stranger is { } stranger)
        {
            list.Fail(Keeping, ForeignObjects.Owned(retain.Signature, stranger, table.Name));
            return;
        }

        var (detail, remedy) = state switch
        {
            { IsGranted: true, IsCurrent: false } => (
                $"{retain.Name} is not the function this version makes of the table as it is now ({retain.Retention}), and no run calls it: {retain.Neglect}",
                "Run Initialize-LoginDatabase with -Retention, and with -ColumnName where the table has other names, which makes it anew."),
            { IsCallable: true, HasIndexes: false } => ($"{retain.Retention}; an index beside {retain.Name} is missing: to find what is old reads the whole table", "Run Initialize-LoginDatabase with -Retention, which makes it."),
            { IsCallable: true } => await LookAsync(retain, state, isTrusted, cancellationToken).ConfigureAwait(false),
            _ => Uncalled(retain, state),
        };
        list.Add(Keeping, detail, remedy);
    }

    private async Task<(string Detail, string? Remedy)> LookAsync(RetainFunction retain, DefinerFunctionState state, bool isTrusted, CancellationToken cancellationToken)
    {
        if (await retain.ObstacleAsync(connection, state, cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            return (obstacle, "Drop it, or leave out of Initialize-LoginDatabase -Retention what cannot be deleted there.");
        }

        var overdue = isTrusted ? await retain.CountOldAsync(connection, DaysOfGrace, most: 1, cancellationToken).ConfigureAwait(false) : [];
        var kinds = string.Join(", ", overdue.Where(o => o.Count > 0).Select(o => o.Kind));
        return kinds.Length == 0 ? ($"{retain.Retention}", null) : (
            $"{retain.Retention}; but there are {kinds} that are older by more than {Retention.Text(DaysOfGrace)}: no run has deleted them",
            $"See that runs go as an account that may call {retain.Name}, and for long enough: an index on {table.NameOf(RecordField.CreateDate)} makes it fast. SELECT {retain.Name}(10000) deletes as many, or says why it cannot.");
    }

    private static (string Detail, string Remedy) Uncalled(DefinerFunction function, DefinerFunctionState state) => state switch
    {
        { IsGranted: false } => ($"the user may not call {function.Name}: {function.Neglect}", $"GRANT EXECUTE ON FUNCTION {function.Name}(integer) TO the user."),
        { Lesser: not null } => function.Mightier(state),
        _ => ($"{state.Rival} stands beside {function.Name}, and the server cannot tell which of them is called: {function.Neglect}", "Find out who made it, and drop it."),
    };
}
