using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What a parameter makes of what it is given. Objects may throw while they are read, and PowerShell would quote them.</summary>
public abstract class TransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public sealed override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        try
        {
            return Take(engineIntrinsics, inputData);
        }
        catch (Exception e) when (e is not (ArgumentTransformationMetadataException or PipelineStoppedException))
        {
            throw Refusal.OfThrowing();
        }
    }

    /// <summary>What is bound.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">By <see cref="Refusal"/>.</exception>
    protected abstract object? Take(EngineIntrinsics engineIntrinsics, object? inputData);
}
