using System.Management.Automation;
using LoginEtl.Connections;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>Initialize-LoginDatabase: creates what is missing, and never changes or drops what is there.</summary>
[Cmdlet(VerbsData.Initialize, "LoginDatabase", SupportsShouldProcess = true)]
public sealed class InitializeLoginDatabaseCmdlet : DatabaseCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var settings = ConnectionSettings();
        var plan = Await(() => Connectors.Database.InitializeAsync(settings, new SchemaOptions { PlanOnly = true }, StopToken), Table);
        if (plan.Count == 0)
        {
            WriteVerbose("Nothing is missing.");
            return;
        }

        if (ShouldProcess(Table, string.Join(Environment.NewLine, plan)))
        {
            foreach (var statement in Await(() => Connectors.Database.InitializeAsync(settings, new SchemaOptions(), StopToken), Table))
            {
                WriteVerbose(statement);
            }
        }
    }
}
