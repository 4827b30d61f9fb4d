using LoginEtl.Faults;
using LoginEtl.Records;
using LoginEtl.Run;
using Microsoft.Extensions.Logging;

namespace LoginEtl.Worker;

/// <summary>What the worker says while it runs, in its own words; a value of a message is in none of it.</summary>
internal sealed class WorkerLog(ILogger logger, OwnWords words)
{
    public void Started(RunStart start) => Say(
        WorkerEvent.RunStarted, LogLevel.Information, $"{start}", ("version", ProgramVersion.Text), ("queue", start.Queue), ("place", start.Place), ("keys", start.Under));

    public void SoFar(Receipt receipt) => Say(WorkerEvent.SoFar, LogLevel.Information, ReceiptText.SoFar(receipt), ReceiptText.Fields(receipt));

    public void Waiting(string text) => Say(WorkerEvent.Waiting, LogLevel.Warning, text);

    public void Warn(string text) => Say(WorkerEvent.Warned, LogLevel.Warning, text);

    public void Written(BatchReport batch)
    {
        foreach (var reject in batch.Rejects)
        {
            Say(WorkerEvent.Rejected, LogLevel.Warning, BatchText.Rejected(reject), ("message_id", reject.MessageId), ("reason", reject.Why.Reason.Code()), ("sqlstate", reject.SqlState));
        }

        foreach (var warning in BatchText.BesideRejects(batch))
        {
            Warn(warning);
        }

        Say(WorkerEvent.BatchWritten, LogLevel.Information, BatchText.Of(batch), BatchText.Fields(batch));
    }

    public void Ended(Receipt receipt) => Say(WorkerEvent.RunEnded, LogLevel.Information, ReceiptText.Line(receipt), ReceiptText.Fields(receipt));

    public void Failed(LoginEtlException fault) => Say(
        WorkerEvent.RunFailed, LogLevel.Error, $"login-etl: {fault.Id}: {fault.Message} {fault.Remedy}", ("error_id", fault.Id));

    private void Say(WorkerEvent what, LogLevel level, string text, params IEnumerable<(string Name, object? Value)> fields)
    {
        if (logger.IsEnabled(level))
        {
            logger.Log(level, new EventId((int)what, $"{what}"), fields.Select(f => new KeyValuePair<string, object?>(f.Name, f.Value)).ToList(), null, (_, _) => words.Of(text));
        }
    }
}
