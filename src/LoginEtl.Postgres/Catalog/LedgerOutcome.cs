namespace LoginEtl.Postgres.Catalog;

/// <summary>How a message was settled, as the ledger's <c>outcome</c> holds it.</summary>
internal enum LedgerOutcome : short
{
    /// <summary>A row of the user's table.</summary>
    Written = 1,

    /// <summary>An entry of the quarantine.</summary>
    Quarantined = 2,

    /// <summary>Was in quarantine, and became a row.</summary>
    Restored = 3,
}
