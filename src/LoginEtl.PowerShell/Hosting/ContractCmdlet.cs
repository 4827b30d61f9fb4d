using System.Management.Automation;
using LoginEtl.Contract;
using LoginEtl.Masking;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Protecting;
using LoginEtl.Settings;
using LoginEtl.Versions;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What the cmdlets take that say which logins a run would take: no keys, and a database only where its table is to be asked.</summary>
public abstract class ContractCmdlet : DatabaseCmdlet
{
    /// <summary>A null ip or device id stays NULL instead of going to quarantine.</summary>
    [Parameter]
    public SwitchParameter AllowNullPii { get; set; }

    /// <summary>How versions are encoded.</summary>
    [Parameter]
    [Given<AppVersionFormat>]
    public AppVersionFormat AppVersionFormat { get; set; }

    /// <summary>What a run would mask.</summary>
    private protected ProtectOptions Masking() => new()
    {
        AllowNullPii = AllowNullPii,
        IpForm = Guard(() => EnvironmentSettings.OneOf((IpForm?)null, EnvironmentSettings.IpFormVariable, IpForm.Strict)),
    };

    /// <summary>What the columns of the table take; without a database, any.</summary>
    private protected ITableRules Rules()
    {
        if (Database is null && Environment.GetEnvironmentVariable(EnvironmentSettings.DatabaseVariable) is not { Length: > 0 })
        {
            return new AnyTable(AppVersionFormat);
        }

        var settings = ConnectionSettings();
        return Await(() => Connectors.Database.ReadRulesAsync(settings, AppVersionFormat, StopToken), Table);
    }
}
