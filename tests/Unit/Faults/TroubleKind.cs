namespace LoginEtl.Unit.Faults;

/// <summary>What can happen to a server.</summary>
internal enum TroubleKind
{
    /// <summary>PostgreSQL ends as in a crash, and is started again.</summary>
    PostgresKilled,

    /// <summary>PostgreSQL is stopped in order, and started again.</summary>
    PostgresRestarted,

    /// <summary>Transactions of PostgreSQL are read-only, as on a replica after a failover.</summary>
    PostgresReadOnly,

    /// <summary>An administrator ends the run's sessions, again and again.</summary>
    SessionsEnded,

    /// <summary>Inserts fail as they do on a full disk (SQLSTATE 53100).</summary>
    DiskFull,

    /// <summary>Another session locks table and ledger in the opposite order.</summary>
    Deadlocks,

    /// <summary>The version column becomes text and integer again, again and again.</summary>
    TableAltered,

    /// <summary>A trigger routes every fifth row to another table.</summary>
    RowsSuppressed,

    /// <summary>Every call to the queue is cut.</summary>
    QueueDown,

    /// <summary>The queue server's clock is an hour ahead.</summary>
    ClockJump,
}
