using System.Collections;
using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.PowerShell.Loading;
using LoginEtl.PowerShell.Output;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Initialize-LoginDatabase: creates what is missing, and drops nothing that is there but the function of a retention that is
/// ended; a column of yours changes only with -AppVersionColumn Text.
/// </summary>
[Cmdlet(VerbsData.Initialize, "LoginDatabase", SupportsShouldProcess = true)]
[OutputType(typeof(SchemaChange), typeof(string))]
public sealed class InitializeLoginDatabaseCmdlet : DatabaseCmdlet
{
    /// <summary>
    /// How the table holds versions where it is created. Text also turns an existing integer column into text: the only
    /// thing that ever changes a column of yours.
    /// </summary>
    [Parameter]
    [Given<AppVersionColumn>]
    public AppVersionColumn AppVersionColumn { get; set; }

    /// <summary>With -AppVersionColumn Text: how the integers that are there were encoded, so that they become 2.3.0 again.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AlterFrom { get; set; }

    /// <summary>
    /// Also makes the roles login_etl_writer, login_etl_reader, login_etl_analyst, login_etl_auditor, login_etl_recoverer,
    /// login_etl_eraser and login_etl_key_keeper, none of which can log in, with what each may do.
    /// </summary>
    [Parameter]
    public SwitchParameter Role { get; set; }

    /// <summary>
    /// Also makes views for analysts, which decode versions as -AppVersionFormat says, and an index of each masked column where none
    /// is: docs/analysts.md says what they hold and what they cost.
    /// </summary>
    [Parameter]
    public SwitchParameter Analysis { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>
    /// For how many days things are kept: Rows of the table, what entries of the Quarantine hold, originals in the Vault. Runs delete
    /// what is older. What is left out is kept for ever, and an empty table ends it all.
    /// </summary>
    [Parameter]
    [Given<Hashtable>]
    [ValidateNotNull]
    public Hashtable? Retention { get; set; }

    /// <summary>
    /// Takes a database that was restored, copied or moved as it is from now on. Look first at what it lacks, as docs/recovery.md
    /// says.
    /// </summary>
    [Parameter]
    public SwitchParameter AcceptRestored { get; set; }

    /// <summary>Changes nothing, and emits what would run as a script for psql; nothing where nothing is missing.</summary>
    [Parameter]
    public SwitchParameter AsSql { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var settings = ConnectionSettings();
        var options = new SchemaOptions
        {
            AppVersionColumn = AppVersionColumn,
            AlterAppVersion = AppVersionColumn == AppVersionColumn.Text,
            AlterFrom = AlterFrom,
            Roles = Role,
            Analysis = Analysis,
            AppVersionFormat = AppVersionFormat,
            AcceptRestored = AcceptRestored,
            Retention = Guard(() => RetentionParameter.Read(Retention)),
        };
        var warnings = new List<string>();
        var plan = Await(() => Connectors.Database.InitializeAsync(settings, options with { PlanOnly = true, Warned = warnings.Add }, StopToken), Table);
        warnings.ForEach(WriteWarning);
        if (plan.Count == 0)
        {
            WriteVerbose("Nothing is missing.");
            return;
        }

        if (AsSql)
        {
            WriteObject($"BEGIN;\n\n{string.Join("\n\n", plan.Select(s => $"{s.TrimEnd().TrimEnd(';')};"))}\n\nCOMMIT;");
            return;
        }

        // Line by line: SQL has many, and names in it are others' texts.
        var lines = plan.SelectMany(s => s.Split('\n')).Select(l => Quotable.Plain(l.TrimEnd('\r')));
        if (((PSCmdlet)this).ShouldProcess($"{Table}", string.Join(Environment.NewLine, lines)))
        {
            // What is there by now may have more to be said of.
            var later = new List<string>();
            var done = Await(() => Connectors.Database.InitializeAsync(settings, options with { Warned = later.Add }, StopToken), Table);
            later.Except(warnings).ToList().ForEach(WriteWarning);
            foreach (var statement in done)
            {
                WriteVerbose(statement);
            }

            WriteObject(SchemaChange.Of(done), enumerateCollection: true);
        }
    }
}
