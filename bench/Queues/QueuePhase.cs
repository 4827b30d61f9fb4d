namespace LoginEtl.Bench.Queues;

/// <summary>What it took a contender to receive and delete some messages.</summary>
/// <param name="Messages">How many.</param>
/// <param name="Seconds">From the first call to the last answer.</param>
/// <param name="ProcessorSeconds">Of the contender's process, in that time.</param>
internal sealed record QueuePhase(long Messages, double Seconds, double ProcessorSeconds)
{
    public double PerSecond => Messages / Seconds;

    public double ProcessorMicroseconds => ProcessorSeconds * 1e6 / Messages;
}

/// <summary>A contender's process: the first messages in code that is being compiled still, then as many again.</summary>
internal sealed record QueueRun(QueuePhase First, QueuePhase Warm);
