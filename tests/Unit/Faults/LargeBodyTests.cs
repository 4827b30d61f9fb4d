using System.Globalization;
using System.Text;
using LoginEtl.Bench.Endpoint;
using LoginEtl.Unit.Fixtures;
using LoginEtl.Unit.Runs;
using Xunit;

namespace LoginEtl.Unit.Faults;

/// <summary>Bodies as large as SQS takes them, in a process with little memory: they drain, and no more of them is held than may be.</summary>
public sealed class LargeBodyTests(SharedLane shared)
{
    private const int Largest = 1 << 20;
    private const int LoginEvery = 10;
    private const string Queue = "large";

    // Of objects alone: 288 MiB are three quarters of 384 MiB, which the runtime takes by itself in a container of that size.
    private const string InContainer = "0x12000000";
    private const string Whole = "0x18000000";
    private const int Container = 384;

    [Fact]
    public Task Bodies_of_a_megabyte_drain_in_little_memory_and_logins_between_them_are_written() => DrainAsync(200, InContainer, Container);

    [LongRun]
    public Task Thousands_of_bodies_of_a_megabyte_drain_in_the_memory_of_a_small_container() => DrainAsync(2_000, InContainer, Container);

    [LongRun]
    public Task Thousands_of_bodies_of_a_megabyte_drain_in_little_memory() => DrainAsync(2_000, Whole, Container + 60);

    [LongRun]
    public Task Bound_that_is_smaller_than_one_body_lets_them_through_one_by_one() =>
        DrainAsync(12, InContainer, 200, "--max-held-bytes", "1MB");

    private async Task DrainAsync(int large, string heap, int most, params string[] flags)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The memory of another process is read from /proc.");
        var lane = await shared.GetAsync();
        await using var scenario = await Scenario.OnAsync(lane, messages: 0);
        using var endpoint = new SqsEndpoint();
        var logins = large / LoginEvery;
        endpoint.Fill(Queue, Mixed(large));
        var worker = await WorkerProcess.StartAsync(
            lane, lane.Settings(endpoint.Url, Queue, scenario.Database),
            // So long that the bound on bytes alone ends batches.
            [.. (PlannedRun.Clean with { FlushSeconds = 20 }).Flags, "--max-reject-ratio", "1", "--log-level", "Error", .. flags],
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = heap });
        var peak = 0L;
        while (!worker.HasEnded)
        {
            peak = Math.Max(peak, MemoryOf(worker.ProcessId));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        var run = await worker.WaitAsync(TimeSpan.FromSeconds(10), () => true);
        var text = string.Create(CultureInfo.InvariantCulture, $"{run}; at most {peak} MB");
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Assert.True((large, logins, 2) == ((int)(run.Receipt?.Quarantined ?? -1), (int)run.Receipt!.Written, run.Receipt.ExitCode), $"{text}: {run.Receipt.Error}");
        Assert.Equal(large, await scenario.ReadAsync<long>("SELECT count(*) FROM login_etl_quarantine WHERE octet_length(sealed_body) > 1048576"));
        Assert.Equal(logins, await scenario.ReadAsync<long>("SELECT count(DISTINCT user_id) FROM user_logins"));
        Assert.InRange(peak, 1, most);
    }

    private static IEnumerable<MessageBody> Mixed(int large)
    {
        MessageBody[] others = [.. Others().Select(b => new MessageBody(b))];
        for (var i = 1; i <= large; i++)
        {
            yield return others[i % others.Length];
            if (i % LoginEvery == 0)
            {
                yield return new MessageBody(WholeRun.Body($"user-{i}"));
            }
        }
    }

    // Something else: an object, one with a quote every few characters, no JSON (a word that begins as one of its own), no ASCII.
    private static IEnumerable<string> Others()
    {
        yield return Filled("{\"picture\":\"", "iVBORw0KGgo", "\"}");
        yield return Filled("{", "\"k\":\"v\",", "\"z\":1}");
        yield return Filled("t", "ext and no JSON ", "");
        yield return Filled("{\"text\":\"", "логин😀", "\"}");
    }

    private static string Filled(string begin, string middle, string end)
    {
        var room = Largest - begin.Length - end.Length;
        var length = Encoding.UTF8.GetByteCount(middle);
        var rest = room % length;
        return begin + string.Concat(Enumerable.Repeat(middle, room / length)) + new string(' ', rest) + end;
    }

    // Of the process's own memory: what is mapped of files the system takes back.
    private static long MemoryOf(int processId)
    {
        try
        {
            return File.ReadLines($"/proc/{processId}/status").Where(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))
                .Select(l => long.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).FirstOrDefault();
        }
        catch (IOException)
        {
            // It has ended.
            return 0;
        }
    }
}
