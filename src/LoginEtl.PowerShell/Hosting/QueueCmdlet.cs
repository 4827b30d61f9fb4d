using System.Management.Automation;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What every cmdlet with a queue takes; names as in AWS Tools for PowerShell.</summary>
public abstract class QueueCmdlet : LoginCmdlet
{
    /// <summary>Name, URL or ARN of the queue; LOGINETL_QUEUE when not given.</summary>
    [Parameter(Position = 0)]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public virtual SettingText? Queue { get; set; }

    /// <summary>AWS region. The one in a queue's URL or ARN comes first, unless an endpoint is configured.</summary>
    [Parameter]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public SettingText? Region { get; set; }

    /// <summary>Named profile of the shared AWS configuration.</summary>
    [Parameter]
    [Given<SettingText>]
    [ArgumentCompleter(typeof(ProfileNameCompleter))]
    public SettingText? ProfileName { get; set; }

    /// <summary>Endpoint to connect to instead of the region's own or the host of a queue's URL.</summary>
    [Parameter]
    [Given<SettingText>]
    public SettingText? EndpointUrl { get; set; }

    /// <summary>Which protocol is spoken, and by whom.</summary>
    [Parameter]
    [Given<QueueProtocol>]
    public QueueProtocol Protocol { get; set; }

    /// <inheritdoc/>
    private protected override bool RefusesNothing => true;

    /// <summary>The settings, with the environment where a parameter is not given.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>, <c>SettingInvalid</c>.</exception>
    protected QueueSettings QueueSettings() => QueueSettings(EnvironmentSettings.Require(Queue?.Reveal(), EnvironmentSettings.QueueVariable, "-Queue"));

    /// <summary>The same, of the queue that is named.</summary>
    /// <param name="queue">Its name, URL or ARN.</param>
    /// <exception cref="Faults.LoginEtlException"><c>SettingInvalid</c>.</exception>
    private protected QueueSettings QueueSettings(string queue) => new()
    {
        Queue = queue,
        Region = Region?.Reveal(),
        ProfileName = ProfileName?.Reveal(),
        EndpointUrl = EnvironmentSettings.Url(EndpointUrl?.Reveal(), "-EndpointUrl"),
        Protocol = Protocol,
    };
}
