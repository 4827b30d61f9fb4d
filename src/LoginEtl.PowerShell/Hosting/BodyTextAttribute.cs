using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Hides a body before it is bound, because PowerShell prints bound parameters.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BodyTextAttribute : ArgumentTransformationAttribute
{
    /// <summary>Stands for what is not one text. An error of PowerShell's would keep the object that it came in.</summary>
    internal static readonly PlainBody NotOneText = LoginText.BodyOf("");

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            PlainBody body => body,
            string text => LoginText.BodyOf(text),
            _ => NotOneText,
        };
}
