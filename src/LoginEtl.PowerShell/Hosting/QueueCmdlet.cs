using System.Management.Automation;
using LoginEtl.Connections;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What every cmdlet with a queue takes; names as in AWS Tools for PowerShell.</summary>
public abstract class QueueCmdlet : LoginCmdlet
{
    /// <summary>Name, URL or ARN of the queue; LOGINETL_QUEUE when not given.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Queue { get; set; }

    /// <summary>AWS region. The one in a queue's URL or ARN comes first, unless an endpoint is configured.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Region { get; set; }

    /// <summary>Named profile of the shared AWS configuration.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProfileName { get; set; }

    /// <summary>Endpoint to connect to instead of the region's own or the host of a queue's URL.</summary>
    [Parameter]
    public Uri? EndpointUrl { get; set; }

    /// <summary>Which protocol is spoken: JSON, or the legacy Query protocol of old servers.</summary>
    [Parameter]
    public QueueProtocol Protocol { get; set; }

    /// <summary>The settings, with the environment where a parameter is not given.</summary>
    /// <exception cref="Faults.LoginEtlException"><c>SettingMissing</c>.</exception>
    protected QueueSettings QueueSettings() => new()
    {
        Queue = EnvironmentSettings.Require(Queue, EnvironmentSettings.QueueVariable, "-Queue"),
        Region = Region,
        ProfileName = ProfileName,
        EndpointUrl = EndpointUrl,
        Protocol = Protocol,
    };
}
