using System.Management.Automation;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes the name of a variable, with or without a scope: whatever else has a colon would be looked for on a drive of that name.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed partial class VariableNameAttribute([CallerMemberName] string parameter = "") : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => BindingFaults.Bind(parameter, () => Named(inputData));

    private static string? Named(object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null or "" => null,
            string name when Name().IsMatch(name) => name,
            _ => throw Refusal.Of("It takes the name of a variable, such as receipt or global:receipt."),
        };

    [GeneratedRegex(@"^(?:(?:global|local|script|private):)?[\p{L}\p{N}_]+\z", RegexOptions.IgnoreCase)]
    private static partial Regex Name();
}
