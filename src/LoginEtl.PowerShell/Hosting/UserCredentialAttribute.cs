using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes a credential, or a user's name, whose password is asked for: the question repeats the name, so it must be one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UserCredentialAttribute : TransformationAttribute
{
    private static readonly CredentialAttribute Asking = new();

    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) =>
        BindingFaults.Bind("Credential", () => Convert(engineIntrinsics, inputData));

    private static object? Convert(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            PSCredential credential => credential,
            string name when Quotable.IsName(name) => Asking.Transform(engineIntrinsics, name),
            _ => throw Refusal.Of("It takes a PSCredential, as Get-Credential gives, or the name of a user."),
        };
}
