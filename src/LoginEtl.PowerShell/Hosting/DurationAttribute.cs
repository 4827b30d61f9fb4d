using System.Globalization;
using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Takes durations as people write them: a TimeSpan, <c>00:01:30</c>, or a plain number of seconds (PowerShell itself would
/// read ticks). None is below zero.
/// </summary>
/// <param name="parameter">The parameter it stands on.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute([CallerMemberName] string parameter = "") : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => BindingFaults.Bind(parameter, () => Convert(inputData), TimeSpan.Zero);

    private static TimeSpan? Convert(object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        var duration = value switch
        {
            TimeSpan time => time,
            int or long or double or decimal or float => Seconds(System.Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) => Seconds(seconds),
            string text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) => time,
            _ => (TimeSpan?)null,
        };
        return duration < TimeSpan.Zero
            ? throw Refusal.Of("A duration cannot be negative.")
            : value is null ? null : duration ?? throw Refusal.Of("It takes a number of seconds, or a time such as 00:01:30.");
    }

    private static TimeSpan Seconds(double seconds)
    {
        try
        {
            return TimeSpan.FromSeconds(seconds);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException)
        {
            throw Refusal.Of("So many seconds are not a duration.");
        }
    }
}
