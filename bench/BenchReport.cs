using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoginEtl.Bench;

/// <summary>What every bench prints: the machine and what was measured, a line a figure, and all of it as a line of JSON.</summary>
internal static class BenchReport
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <param name="measured">Such as <c>100000 messages, 0 ms a call</c>.</param>
    /// <param name="rounds">Whose medians follow.</param>
    public static void Head(string measured, int rounds) => Console.WriteLine(
        $"{MachineLoad.Machine}; load {MachineLoad.Now?.ToString("0.0", CultureInfo.InvariantCulture) ?? "unknown"} at the end; {measured}; medians of {rounds} rounds (least to most)");

    /// <param name="name">What it is.</param>
    /// <param name="values">One a round.</param>
    /// <param name="format">Of a number.</param>
    public static void Figure(string name, IEnumerable<double> values, string format)
    {
        var sample = new Sample(values);
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        Console.WriteLine($"{Text(sample.Median),10} ({Text(sample.Least)}-{Text(sample.Most)}) {name}");
    }

    /// <param name="bench">Its name.</param>
    /// <param name="measured">What was measured, and how.</param>
    /// <param name="rounds">All figures.</param>
    public static void Json(string bench, object measured, object rounds) => Console.WriteLine(JsonSerializer.Serialize(
        new { Bench = bench, At = DateTimeOffset.UtcNow, MachineLoad.Machine, Load = MachineLoad.Now, Measured = measured, Rounds = rounds }, s_json));
}
