using System.Globalization;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Takes the id of a key; what is no number counts as none given. It is read from objects of the pipeline, too, and PowerShell would
/// keep one that it cannot convert in an error's target.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyNumberAttribute : ArgumentTransformationAttribute
{
    /// <summary>The id that no key has (Tink).</summary>
    internal const uint None = 0;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        LanguagePrimitives.TryConvertTo<uint>(inputData, CultureInfo.InvariantCulture, out var id) ? id : None;
}
