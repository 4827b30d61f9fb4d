using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.Faults;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl")]
[OutputType(typeof(Check))]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        WriteObject(Keys());
        WriteChecks("Database", () => Connectors.Database.CheckAsync(ConnectionSettings(), SinkOptions(), StopToken));
        WriteChecks("Queue", () => Connectors.Queue.CheckAsync(QueueSettings(), StopToken));
    }

    private Check Keys()
    {
        try
        {
            using var keyring = OpenKeyring();
            using var protector = new Protector(keyring, new ProtectOptions { Methods = Methods() });
            return keyring.Warnings.Count == 0
                ? new Check("Keysets", CheckOutcome.Pass, $"{keyring.Source} masks and seals.")
                : new Check("Keysets", CheckOutcome.Warn, string.Join(" ", keyring.Warnings), "Use file: where you can.");
        }
        catch (LoginEtlException fault)
        {
            return Failed("Keysets", fault);
        }
    }

    private void WriteChecks(string name, Func<Task<IReadOnlyList<Check>>> check)
    {
        IReadOnlyList<Check> checks;
        try
        {
            checks = check().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (LoginEtlException fault)
        {
            checks = [Failed(name, fault)];
        }

        WriteObject(checks, enumerateCollection: true);
    }

    private static Check Failed(string name, LoginEtlException fault) =>
        new(name, CheckOutcome.Fail, fault.Message, fault.Remedy);
}
