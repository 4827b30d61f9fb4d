using System.Globalization;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Takes durations as people write them: a TimeSpan, <c>5m</c>, <c>00:01:30</c>, or a plain number of seconds (PowerShell
/// itself would read ticks). None is below zero.
/// </summary>
/// <param name="parameter">The parameter it stands on.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute([CallerMemberName] string parameter = "") : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => BindingFaults.Bind(parameter, () => Convert(inputData), TimeSpan.Zero);

    private static TimeSpan? Convert(object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        TimeSpan? duration = value switch
        {
            TimeSpan time => time,
            // 1d and 90s are numbers to PowerShell, a decimal and a short; it remembers how they were written.
            IConvertible and not bool when DurationText.TryParse(LanguagePrimitives.ConvertTo<string>(inputData), out var time) => time,
            IConvertible and not (bool or string or char or DateTime) when DurationText.TryFromSeconds(System.Convert.ToDouble(value, CultureInfo.InvariantCulture), out var time) => time,
            _ => null,
        };
        return duration < TimeSpan.Zero
            ? throw Refusal.Of("A duration cannot be negative.")
            : value is null ? null : duration ?? throw Refusal.Of($"It takes {DurationText.Expected}.");
    }
}
