using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Hides raw bodies before they are bound, and keeps what Get-Content says of where they came from.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RawTextAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            RawText or RawText[] => inputData,
            string => Hide(inputData),
            System.Collections.IList list => list.Cast<object>().Select(Hide).ToArray(),
            _ => throw NotText(),
        };

    private static RawText Hide(object? input)
    {
        var properties = (input as PSObject)?.Properties;
        return (input is PSObject wrapped ? wrapped.BaseObject : input) is string text
            ? new RawText(text, properties?["PSChildName"]?.Value as string, properties?["ReadCount"]?.Value as long?)
            : throw NotText();
    }

    // The value itself is not quoted.
    private static ArgumentTransformationMetadataException NotText() =>
        new("The input is not text. Give one JSON body a string, as Get-Content does.");
}
