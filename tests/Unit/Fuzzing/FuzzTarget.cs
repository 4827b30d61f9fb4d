namespace LoginEtl.Unit.Fuzzing;

/// <summary>Something that reads bytes or text of others, and what must hold for whatever it is given.</summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>Stands in the corpus wherever a value of a sender, a server or an operator stands.</summary>
    public const string Canary = "cAnArY";

    /// <summary>The folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>What mutations insert: the tokens of its formats.</summary>
    public abstract IReadOnlyList<byte[]> Pieces { get; }

    /// <summary>Outcomes that a run must reach: mutations that never get there test nothing.</summary>
    public abstract IReadOnlyList<string> MustReach { get; }

    /// <summary>Parts of a run's inputs that it gets; less for what costs more.</summary>
    public virtual int Share => 10;

    /// <summary>Most bytes that reading an input may allocate: some for its own, and so many a byte of input.</summary>
    public virtual (long Own, long PerByte) Allocation => (64 * 1024, 64);

    /// <summary>Most bytes that reading this input may allocate.</summary>
    public virtual long Allowed(ReadOnlySpan<byte> input) => Allocation.Own + (Allocation.PerByte * input.Length);

    /// <summary>How often the time of one input an input of this length may take: more than once where it is many.</summary>
    public virtual int Times(int length) => 1;

    /// <summary>Reads one input.</summary>
    /// <returns>What came of it: a code from a small set, for the statistics.</returns>
    /// <exception cref="Finding">What must hold does not. Any other exception is a finding too.</exception>
    public abstract string Run(ReadOnlySpan<byte> input);

    public void Dispose() => Close();

    /// <summary>Ends what the target holds.</summary>
    protected virtual void Close()
    {
    }
}
