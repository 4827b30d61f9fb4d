using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names of attributes are those of the schema, in lower case; ValidateSet takes them in capitals too.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AttributeNameAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string name ? name.ToLowerInvariant() : inputData;
}
