using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Hides raw bodies before they are bound, and keeps what Get-Content says of where they came from.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RawTextAttribute : TransformationAttribute
{
    /// <summary>Whether a file may stand for its text, as Get-ChildItem and Get-Item give it.</summary>
    public bool TakesFiles { get; init; }

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            RawText or RawText[] => inputData!,
            System.Collections.IList list => list.Cast<object>().Select(Hide).ToArray(),
            _ => Hide(inputData),
        };

    private RawText Hide(object? input)
    {
        var properties = (input as PSObject)?.Properties;
        return (input is PSObject wrapped ? wrapped.BaseObject : input) switch
        {
            string text => new RawText(text, properties?["PSChildName"]?.Value as string, properties?["ReadCount"]?.Value as long?),
            FileSystemInfo file when TakesFiles => new RawText(file.FullName),
            // Whoever has left only some properties of a file, as Select-Object does. By the other parameter's own name PowerShell would
            // take every line of Get-Content for its file.
            PSCustomObject when TakesFiles && (properties?["LiteralPath"] ?? properties?["PSPath"])?.Value is string path => new RawText(path),
            _ => throw NotText(),
        };
    }

    // The value itself is not quoted.
    private ArgumentTransformationMetadataException NotText() => Refusal.Of(TakesFiles
        ? "The input is not text. Give one JSON body a string, as Get-Content does, or files, as Get-ChildItem does."
        : "The input is not text. Give one value a string, as Get-Content does.");
}
