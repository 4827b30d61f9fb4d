using System.Diagnostics;
using System.Text.Json;

namespace LoginEtl.Bench.Queues;

/// <summary>The child that is measured: empties two queues, one after the other, and prints its figures as a line of JSON.</summary>
internal static class QueueContender
{
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var endpoint = new Uri(arguments.Text("endpoint")!);
        var messages = arguments.Number("messages", 0);
        Func<string, Task<long>> empty = arguments.Has("raw")
            ? queue => RawLoop.EmptyAsync(endpoint, queue, messages)
            : queue => ClientLoop.EmptyAsync(endpoint, queue, messages, arguments.Number("receivers"));
        var run = new QueueRun(
            await MeasureAsync(() => empty(arguments.Text("first")!)), await MeasureAsync(() => empty(arguments.Text("warm")!)));
        Console.WriteLine(JsonSerializer.Serialize(run));
        return 0;
    }

    private static async Task<QueuePhase> MeasureAsync(Func<Task<long>> empty)
    {
        GC.Collect();
        var processor = Environment.CpuUsage.TotalTime;
        var began = Stopwatch.GetTimestamp();
        var messages = await empty();
        return new QueuePhase(
            messages, Stopwatch.GetElapsedTime(began).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }
}
