namespace LoginEtl.Bench.Writes;

/// <summary>One round: seconds of the clock and of the server's processor for as many rows.</summary>
/// <param name="Ours">By the writer.</param>
/// <param name="Ready">Bytes that are ready made, by COPY.</param>
/// <param name="Redelivered">By the writer, where one row in twenty was written before.</param>
/// <param name="Psql">Files of those bytes, by psql; null without it.</param>
internal sealed record WriteFigures(WriteTime Ours, WriteTime Ready, WriteTime Redelivered, WriteTime? Psql)
{
    /// <summary>How fast the writer is, where COPY of ready bytes is 1.</summary>
    public double Speed => Ready.Seconds / Ours.Seconds;

    /// <summary>How fast it is, where psql is 1; null without it.</summary>
    public double? SpeedBesidePsql => Psql?.Seconds / Ours.Seconds;

    /// <summary>How fast it is with redeliveries, where it is 1 without.</summary>
    public double SpeedRedelivered => Ours.Seconds / Redelivered.Seconds;

    /// <summary>What it costs the server, where COPY of ready bytes costs 1; null where it cannot be told.</summary>
    public double? ServerCost => Ours.Server / Ready.Server;
}

/// <param name="Seconds">Of the clock.</param>
/// <param name="Server">Of the server's processors; null where they cannot be told.</param>
internal sealed record WriteTime(double Seconds, double? Server);
