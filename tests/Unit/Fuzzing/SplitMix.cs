namespace LoginEtl.Unit.Fuzzing;

/// <summary>
/// The SplitMix64 generator. Its whole state is one number, so that every input can have a generator of its own and be
/// made again without those before it.
/// </summary>
/// <remarks>Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.</remarks>
internal struct SplitMix(ulong state)
{
    private ulong _state = state;

    /// <summary>The generator of one input.</summary>
    public static SplitMix Of(string target, ulong seed, long index)
    {
        var mixed = new SplitMix(seed);
        foreach (var c in target)
        {
            mixed = new SplitMix(mixed.Next() ^ c);
        }

        return new SplitMix(mixed.Next() ^ (ulong)index);
    }

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below <paramref name="limit"/>, which is at least 1.</summary>
    public int Below(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

    public bool OneIn(int chances) => Below(chances) == 0;
}
