using LoginEtl.Records;
using LoginEtl.Run;

namespace LoginEtl.Postgres.Restoring;

/// <summary>An entry's places in the ledgers.</summary>
/// <param name="State">As it was locked.</param>
/// <param name="Own">That of its message, as it came into quarantine.</param>
/// <param name="Login">
/// That of its login: the same, but where an envelope was taken off only now. Copies of one notification have it in common.
/// </param>
internal sealed record RestorePlaces(EntryState State, LedgerPlace Own, LedgerPlace Login)
{
    public static RestorePlaces Of(EntryState state, LoginRecord record)
    {
        var own = new LedgerPlace(state.IsLine, state.Key);
        var sender = state.IsLine ? null : LedgerKey.OfSender(record.GetDelivery());
        return new RestorePlaces(state, own, sender is { } key ? new LedgerPlace(IsLine: false, key) : own);
    }
}

/// <summary>Where a message stands in the ledgers.</summary>
/// <param name="IsLine">The file ledger, and not the queue ledger.</param>
/// <param name="Key">Its key there.</param>
internal readonly record struct LedgerPlace(bool IsLine, Guid Key);
