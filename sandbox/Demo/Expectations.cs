namespace LoginEtl.Sandbox.Demo;

/// <summary>What the receipts and the tables must say after a run; collects what they say otherwise.</summary>
internal sealed class Expectations(SampleTally samples)
{
    private readonly List<string> _failures = [];

    /// <summary>One line for each thing that is not as it must be.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public void FirstRun(RunReceipt receipt)
    {
        Expect("received", samples.Messages, receipt.Received);
        Expect("written", samples.Logins, receipt.Written);
        Expect("quarantined", samples.Wrong, receipt.Quarantined);
        Expect("duplicate", 0, receipt.Duplicate);
        EndedWell(receipt);
    }

    /// <summary>The same messages once more: rows are duplicates, and what is in quarantine stays there, once.</summary>
    public void SecondRun(RunReceipt receipt)
    {
        Expect("received in the second run", samples.Messages, receipt.Received);
        Expect("written by the second run", 0, receipt.Written);
        Expect("duplicate in the second run", samples.Logins, receipt.Duplicate);
        Expect("quarantined in the second run", samples.Wrong, receipt.Quarantined);
        EndedWell(receipt);
    }

    /// <summary>Of a database that held nothing before.</summary>
    public async Task TablesAsync(DemoDatabase database, CancellationToken cancellationToken)
    {
        Expect("rows in user_logins", samples.Logins, await database.CountRowsAsync(cancellationToken));
        Expect("entries in quarantine", samples.Wrong, await database.CountQuarantinedAsync(cancellationToken));
        Expect("ips with several logins", samples.SharedIps, await database.CountSharedAsync("masked_ip", cancellationToken));
        Expect("devices with several logins", samples.SharedDevices,
            await database.CountSharedAsync("masked_device_id", cancellationToken));
    }

    private void EndedWell(RunReceipt receipt)
    {
        Expect("returned", 0, receipt.Returned);
        Expect("lapsed", 0, receipt.Lapsed);
        Expect("unknown", 0, receipt.Unknown);
        Expect("undeleted", 0, receipt.Undeleted);
        if (!receipt.Balanced) _failures.Add("The books do not balance.");
        if (receipt.Error is not null) _failures.Add($"The run failed: {receipt.Error}");
        Expect("the process's exit code", receipt.ExitCode, receipt.ProcessExitCode ?? -1);
    }

    private void Expect(string what, long expected, long actual)
    {
        if (actual != expected) _failures.Add($"{what}: {actual}, expected {expected}");
    }
}
