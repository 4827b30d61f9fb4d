using System.Management.Automation;
using LoginEtl.Checks;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Test-LoginEtl: everything a run needs, looked at before it; one object a check. Receives and writes nothing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginEtl")]
[OutputType(typeof(Check))]
public sealed class TestLoginEtlCmdlet : JobCmdlet
{
    /// <inheritdoc/>
    protected override void Process()
    {
        var check = new JobCheck
        {
            Methods = Methods,
            Keyring = OpenKeyring,
            Into = ConnectionSettings,
            Sink = SinkOptions,
            From = QueueSettings,
        };
        var checks = check.RunAsync(Connectors.Queue, Connectors.Database, StopToken).GetAsyncEnumerator(StopToken);
        try
        {
            while (Await(() => checks.MoveNextAsync().AsTask()))
            {
                WriteObject(checks.Current);
            }
        }
        finally
        {
            checks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
