using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes any object of the pipeline for what it is, and none of what is in it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnfitInputAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) => UnfitInput.Of(inputData);
}
