using System.Globalization;
using System.Text.Json;

namespace LoginEtl.Bench.Queues;

/// <summary>A contender's figures in one round.</summary>
/// <param name="Run">What it told of itself.</param>
/// <param name="EndpointMicroseconds">Processor time of the endpoint, a message, over all of the contender's.</param>
/// <param name="Load">The machine's load after it.</param>
internal sealed record QueueFigures(QueueRun Run, double EndpointMicroseconds, double? Load);

/// <summary>All rounds: medians, and ratios within rounds, because a machine's speed changes over a bench.</summary>
internal sealed class QueueTable(int messages, int latency, IReadOnlyList<string> contenders)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly Dictionary<string, List<QueueFigures>> _figures = contenders.ToDictionary(c => c, _ => new List<QueueFigures>());

    public void Add(string contender, QueueFigures figures) => _figures[contender].Add(figures);

    public void Print()
    {
        var rounds = _figures[contenders[0]].Count;
        var loads = _figures.Values.SelectMany(f => f).Select(f => f.Load).OfType<double>().Order().ToList();
        Line($"{MachineLoad.Machine}; load {(loads.Count == 0 ? "unknown" : $"{loads[0]:0.0} to {loads[^1]:0.0}")}");
        Line($"{messages} messages, then as many warm; {latency} ms a call; medians of {rounds} rounds (least to most)");
        Line($"{"",-12} {"messages/s, first",26} {"messages/s, warm",26} {"µs a message, first",22} {"µs a message, warm",22} {"endpoint's µs",14}");
        foreach (var contender in contenders)
        {
            var all = _figures[contender];
            Line($"{contender,-12} {Spread(all, f => f.Run.First.PerSecond, "0"),26} {Spread(all, f => f.Run.Warm.PerSecond, "0"),26} {Spread(all, f => f.Run.First.ProcessorMicroseconds, "0.0"),22} {Spread(all, f => f.Run.Warm.ProcessorMicroseconds, "0.0"),22} {Of(all, f => f.EndpointMicroseconds).Median,14:0.0}");
        }

        foreach (var other in contenders.Skip(1))
        {
            Line($"this build / {other}: messages/s first {Ratio(other, f => f.Run.First.PerSecond)}, warm {Ratio(other, f => f.Run.Warm.PerSecond)}; µs a message first {Ratio(other, f => f.Run.First.ProcessorMicroseconds)}, warm {Ratio(other, f => f.Run.Warm.ProcessorMicroseconds)}");
        }

        Console.WriteLine(JsonSerializer.Serialize(
            new
            {
                Bench = "queue",
                At = DateTimeOffset.UtcNow,
                Machine = MachineLoad.Machine,
                Load = new { Least = loads.FirstOrDefault(), Most = loads.LastOrDefault() },
                Messages = messages,
                LatencyMilliseconds = latency,
                Contenders = contenders.ToDictionary(c => c, c => new
                {
                    FirstPerSecond = Of(_figures[c], f => f.Run.First.PerSecond).Median,
                    WarmPerSecond = Of(_figures[c], f => f.Run.Warm.PerSecond).Median,
                    FirstMicroseconds = Of(_figures[c], f => f.Run.First.ProcessorMicroseconds).Median,
                    WarmMicroseconds = Of(_figures[c], f => f.Run.Warm.ProcessorMicroseconds).Median,
                    Rounds = _figures[c],
                }),
                Ratios = contenders.Skip(1).ToDictionary(c => c, c => new
                {
                    FirstPerSecond = Ratios(c, f => f.Run.First.PerSecond).Median,
                    WarmPerSecond = Ratios(c, f => f.Run.Warm.PerSecond).Median,
                    FirstMicroseconds = Ratios(c, f => f.Run.First.ProcessorMicroseconds).Median,
                    WarmMicroseconds = Ratios(c, f => f.Run.Warm.ProcessorMicroseconds).Median,
                }),
            }, Json));
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static string Spread(List<QueueFigures> all, Func<QueueFigures, double> figure, string format) =>
        Spread(Of(all, figure), format);

    private static string Spread(Sample sample, string format)
    {
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(sample.Median)} ({Text(sample.Least)}-{Text(sample.Most)})";
    }

    private static Sample Of(List<QueueFigures> all, Func<QueueFigures, double> figure) => new(all.Select(figure));

    private Sample Ratios(string other, Func<QueueFigures, double> figure) =>
        new(_figures[contenders[0]].Zip(_figures[other], (a, b) => figure(a) / figure(b)));

    private string Ratio(string other, Func<QueueFigures, double> figure) => Spread(Ratios(other, figure), "0.00");
}
