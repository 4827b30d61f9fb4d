using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Refuses what a parameter was given without quoting it, as PowerShell's own conversions do. Of what came by the pipeline
/// PowerShell then takes it that this parameter is not meant, and does not keep the object in an error.
/// </summary>
internal static class Refusal
{
    /// <summary>The text of such an error may be anything.</summary>
    public static ArgumentTransformationMetadataException OfThrowing() => Of("It throws an error when it is read.");

    public static ArgumentTransformationMetadataException Of(string sentence) => new(sentence, new PSInvalidCastException());
}
