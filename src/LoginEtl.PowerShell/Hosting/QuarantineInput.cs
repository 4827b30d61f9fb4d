using System.Management.Automation;
using LoginEtl.Faults;
using LoginEtl.Quarantine;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>An entry of the quarantine, or what holds one, perhaps with its body.</summary>
public sealed class QuarantineInput
{
    internal QuarantineInput(QuarantineEntry entry, object holder) => (Entry, Holder) = (entry, holder);

    /// <summary>The entry.</summary>
    internal QuarantineEntry Entry { get; }

    /// <summary>What was piped in.</summary>
    internal object Holder { get; }

    /// <summary>Its property of that name; null where it has none.</summary>
    /// <exception cref="LoginEtlException"><c>BodyInvalid</c>.</exception>
    internal MendedBody? Body
    {
        get
        {
            try
            {
                return PSObject.AsPSObject(Holder).Properties[nameof(Body)]?.Value is { } body ? MendedBody.Of(body) : null;
            }
            catch (GetValueException e)
            {
                throw new LoginEtlException(ErrorId.BodyInvalid, $"The property Body cannot be read ({e.GetType().Name}). Nothing of this entry was restored.", "Make it a text, or give -Body a script block.");
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Entry.ToString();
}

/// <summary>Takes entries, and objects that have one as their property Entry.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class QuarantineInputAttribute(string takes) : TransformationAttribute
{
    private readonly LiveObjectAttribute<QuarantineEntry> _entries = new(takes) { Property = "Entry" };

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is QuarantineInput same)
        {
            return same;
        }

        var found = _entries.Transform(engineIntrinsics, inputData);
        return (found is PSObject of ? of.BaseObject : found) is QuarantineEntry entry ? new QuarantineInput(entry, inputData!) : found;
    }
}
