using System.Globalization;
using System.Management.Automation;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Takes durations as people write them: a TimeSpan, <c>00:01:30</c>, or a plain number of seconds (PowerShell itself would read ticks).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            int or long or double or decimal or float => Seconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) => Seconds(seconds),
            _ => inputData!,
        };
    }

    private static TimeSpan Seconds(double seconds)
    {
        try
        {
            return TimeSpan.FromSeconds(seconds);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException)
        {
            throw new ArgumentTransformationMetadataException($"{seconds} seconds is not a duration.", e);
        }
    }
}
