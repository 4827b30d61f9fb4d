using System.Diagnostics;
using System.Globalization;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>
/// Hostile input, at length: alone in its process, so that what stays alive or open is its own. Reports a line a target
/// as it goes, to standard error.
/// </summary>
public sealed class FuzzSoak
{
    private const string InputsVariable = "LOGINETL_FUZZ_INPUTS";
    private const string SeedVariable = "LOGINETL_FUZZ_SEED";
    private const string TargetVariable = "LOGINETL_FUZZ_TARGET";
    private const long DefaultInputs = 10_000_000;

    // What tables of the runtime and the libraries grow to.
    private const long MostHeap = 4 << 20;
    private const int MostHandles = 20;
    private const long MostResident = 400L << 20;

    [LongRun]
    public void Millions_of_hostile_inputs_are_read_or_refused_and_leave_nothing_behind()
    {
        var inputs = Number(InputsVariable) ?? DefaultInputs;
        var seed = (ulong)(Number(SeedVariable) ?? Random.Shared.NextInt64());
        var findings = new List<Finding>();
        var watch = Stopwatch.StartNew();
        var ran = 0L;
        foreach (var (name, share) in Shares(inputs))
        {
            try
            {
                var report = Run(name, seed, share);
                ran += report.Inputs;
                Console.Error.WriteLine(report);
            }
            catch (Finding e)
            {
                Console.Error.WriteLine(e.Message);
                findings.Add(e);
            }
        }

        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"all: {ran} inputs, seed {seed}, {ran / watch.Elapsed.TotalSeconds:0}/s, {findings.Count} findings"));
        Assert.Empty(findings.Select(f => f.Message));
    }

    private static FuzzReport Run(string name, ulong seed, long inputs)
    {
        using var process = Process.GetCurrentProcess();
        var handles = process.HandleCount;
        FuzzReport report;
        using (var target = FuzzTargets.Make(name))
        {
            report = new FuzzRun(target, FuzzCorpus.Of(name), seed, new FuzzLimits { Heap = MostHeap }).Run(inputs);
        }

        process.Refresh();
        Finding.Unless(process.HandleCount - handles <= MostHandles, $"Fuzz target {name}: {process.HandleCount - handles} handles stay open.");
        Finding.Unless(process.WorkingSet64 <= MostResident, $"Fuzz target {name}: the process has grown to {process.WorkingSet64 >> 20} MiB.");
        return report;
    }

    private static List<(string Name, long Inputs)> Shares(long inputs)
    {
        var only = Environment.GetEnvironmentVariable(TargetVariable);
        var shares = FuzzTargets.Names.Where(n => only is null || n == only).Select(name =>
        {
            using var target = FuzzTargets.Make(name);
            return (name, target.Share);
        }).ToList();
        Assert.True(shares.Count > 0, $"{TargetVariable} names none of {string.Join(", ", FuzzTargets.Names)}.");
        var sum = shares.Sum(s => s.Share);
        return [.. shares.Select(s => (s.name, (inputs * s.Share / sum) + 1))];
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
