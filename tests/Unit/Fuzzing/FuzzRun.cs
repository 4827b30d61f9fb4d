using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>Runs inputs through a target, each within its time and memory, on a thread that can be left behind.</summary>
internal sealed class FuzzRun(FuzzTarget target, IReadOnlyList<byte[]> corpus, ulong seed, FuzzLimits limits)
{
    // What a thread of the pool has: recursion over an input's nesting ends here as it would in a run.
    private const int Stack = 1536 * 1024;

    private readonly Mutations _mutations = new(target, corpus, seed);
    private readonly Dictionary<string, long> _outcomes = [];
    private long _index;
    private long _began;
    private Exception? _found;

    /// <summary>Runs the inputs from 0 on.</summary>
    /// <exception cref="Finding">Names target, seed and number of the input, and holds it as base64.</exception>
    public FuzzReport Run(long inputs)
    {
        var watch = Stopwatch.StartNew();
        var heap = 0L;
        Guarded(() => Each(0, inputs / 10));
        var before = Live();
        Guarded(() => Each(inputs / 10, inputs));
        if (limits.Heap is { } most)
        {
            heap = Live() - before;
            Finding.Unless(heap <= most, $"Fuzz target {target.Name}, seed {seed}: {heap} bytes more are alive after {inputs} inputs than after a tenth of them.");
        }

        foreach (var missed in target.MustReach.Where(o => !_outcomes.ContainsKey(o)))
        {
            throw new Finding($"Fuzz target {target.Name}, seed {seed}: no input of {inputs} came to '{missed}'. Outcomes: {string.Join(", ", _outcomes.Keys)}.");
        }

        return new FuzzReport(target.Name, seed, inputs, watch.Elapsed, heap, _outcomes);
    }

    /// <summary>Runs one input again.</summary>
    public string Replay(long index)
    {
        Guarded(() => Each(index, index + 1));
        return _outcomes.Keys.Single();
    }

    private void Each(long from, long to)
    {
        for (var index = from; index < to; index++)
        {
            Volatile.Write(ref _index, index);
            Volatile.Write(ref _began, Stopwatch.GetTimestamp());
            var input = _mutations.Input(index);
            var outcome = Measured(input);
            CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, outcome, out _)++;
        }
    }

    private string Measured(ReadOnlySpan<byte> input)
    {
        var bound = target.Allowed(input);
        var slow = limits.Slow * target.Times(input.Length);
        for (var attempt = 1; ; attempt++)
        {
            var began = Stopwatch.GetTimestamp();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var outcome = target.Run(input);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var took = Stopwatch.GetElapsedTime(began);
            if (allocated <= bound && took <= slow)
            {
                return outcome;
            }

            // What runs for the first time loads code and makes tables; a third time it has no excuse.
            Finding.Unless(attempt < 3 || allocated <= bound, $"allocates {allocated} bytes, and may {bound}");
            Finding.Unless(attempt < 3, $"takes {took.TotalMilliseconds:0} ms, and may {slow.TotalMilliseconds:0}");
        }
    }

    private void Guarded(Action work)
    {
        Volatile.Write(ref _began, Stopwatch.GetTimestamp());
        var thread = new Thread(() => Catch(work), Stack) { IsBackground = true, Name = $"fuzz {target.Name}" };
        thread.Start();
        while (!thread.Join(50))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _began)) > limits.Hang)
            {
                throw Report($"is not through after {limits.Hang.TotalSeconds:0.#} s", cause: null);
            }
        }

        if (_found is { } found)
        {
            throw Report(found is Finding ? found.Message : $"throws {found}", found);
        }
    }

    private void Catch(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _found = e;
        }
    }

    private Finding Report(string what, Exception? cause)
    {
        var index = Volatile.Read(ref _index);
        // Made anew: the thread that hangs may still hold the other.
        var input = new Mutations(target, corpus, seed).Input(index).ToArray();
        return new Finding(
            $"""
            Fuzz target {target.Name}, seed {seed}, input {index} of {input.Length} bytes: {what}
            As base64: {Convert.ToBase64String(input)}
            Again: {FuzzReplay.Variable}={target.Name}:{seed}:{index} (or {target.Name}:BASE64), and the test {nameof(FuzzReplay)}.
            To keep it: add its bytes to tests/Unit/Fuzzing/Corpus/{target.Name}/.
            """,
            cause);
    }

    private long Live() => limits.Heap is null ? 0 : GC.GetTotalMemory(forceFullCollection: true);
}
