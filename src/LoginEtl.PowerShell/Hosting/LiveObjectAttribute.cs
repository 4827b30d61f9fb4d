using System.Collections;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Takes objects of one kind. Says in plain words why one that went through a job or CLIXML cannot be used: it is a copy without its
/// delivery; and quotes nothing of what is none.
/// </summary>
/// <typeparam name="T">The kind.</typeparam>
/// <param name="takes">What the cmdlet takes, in words.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LiveObjectAttribute<T>(string takes) : TransformationAttribute
{
    private const string Copy = "Deserialized.LoginEtl.";

    /// <summary>The property in which another object may hold one; null for none.</summary>
    public string? Property { get; init; }

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => inputData switch
    {
        T or PSObject { BaseObject: T } => inputData,
        PSObject holder when Property is not null && holder.Properties[Property]?.Value is T or PSObject { BaseObject: T } => holder.Properties[Property].Value,
        PSObject { TypeNames: var names } when names.Any(n => n.StartsWith(Copy, StringComparison.Ordinal)) =>
            throw new ArgumentTransformationMetadataException(
                "This object went through a job, a remote session or CLIXML: it is a copy, and its message can no longer be settled by it. "
                + "Receive, protect and write in one session."),
        _ => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is IList list && list.Cast<object>().All(o => o is T or PSObject { BaseObject: T })
            ? list
            : throw Refusal.Of($"It takes {takes}."),
    };
}
