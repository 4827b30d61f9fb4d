using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes what comes by the pipeline, whatever it is: what binds nowhere PowerShell would keep in an error's target, bodies too.</summary>
public sealed class AnyInput
{
    /// <summary>The object of now.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    [UnfitInput]
    public UnfitInput? UnfitInput { get; set; }
}
