using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes what may hold tokens, a text or any object, and hides it: it may be a body in the wrong place.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaskedInputAttribute : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is null or PSObject { BaseObject: Hidden } ? inputData : PSObject.AsPSObject(new Hidden(PSObject.AsPSObject(inputData)));

    /// <summary>What was given.</summary>
    internal static PSObject Reveal(PSObject bound) => ((Hidden)bound.BaseObject).Reveal();

    private sealed class Hidden(PSObject input)
    {
        // A method, and no property: serialisers walk properties.
        public PSObject Reveal() => input;

        public override string ToString() => Tokens.Plaintext.Redacted;
    }
}
