using System.Globalization;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Takes the id of a key; what is no number counts as none given. It is read from objects of the pipeline, too, and PowerShell would
/// keep one that it cannot convert in an error's target.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyNumberAttribute : TransformationAttribute
{
    /// <summary>The id that no key has (Tink).</summary>
    internal const uint None = 0;

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        LanguagePrimitives.TryConvertTo<uint>(inputData, CultureInfo.InvariantCulture, out var id) ? id : None;
}
