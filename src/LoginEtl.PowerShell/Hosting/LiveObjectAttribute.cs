using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Says in plain words why an object that went through a job or CLIXML cannot be used: it is a copy without its delivery.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LiveObjectAttribute : ArgumentTransformationAttribute
{
    private const string Copy = "Deserialized.LoginEtl.";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData is PSObject { TypeNames: var names } && names.Any(n => n.StartsWith(Copy, StringComparison.Ordinal))
            ? throw new ArgumentTransformationMetadataException(
                "This object went through a job, a remote session or CLIXML: it is a copy, and its message can no longer be settled by it. "
                + "Receive, protect and write in one session.")
            : inputData;
}
