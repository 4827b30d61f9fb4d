using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Hides a body before it is bound, because PowerShell prints bound parameters.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BodyTextAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            PlainBody body => body,
            string text => LoginText.BodyOf(text),
            // The value itself is not quoted.
            _ => throw new ArgumentTransformationMetadataException("The body is not one text. Give the whole of it as one string; Get-Content needs -Raw for that."),
        };
}
