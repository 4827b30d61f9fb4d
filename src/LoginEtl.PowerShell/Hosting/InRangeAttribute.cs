using System.Globalization;
using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes numbers between two, as ValidateRange does, for cmdlets that answer with a receipt whatever happens.</summary>
/// <param name="least">The least.</param>
/// <param name="most">The most.</param>
/// <param name="parameter">The parameter it stands on.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InRangeAttribute(double least, double most, [CallerMemberName] string parameter = "") : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (Refuse(arguments) is { } sentence && !BindingFaults.Keep(parameter, sentence))
        {
            throw new ValidationMetadataException(sentence);
        }
    }

    /// <summary>What stands against a number; null where nothing does.</summary>
    internal string? Refuse(object? given) =>
        given is null || (Convert.ToDouble(given, CultureInfo.InvariantCulture) is var number && number >= least && number <= most)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"It takes a number from {least:0.###} {(most >= long.MaxValue ? "on" : $"to {most:0.###}")}.");
}
