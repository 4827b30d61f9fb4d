namespace LoginEtl.Report;

/// <summary>Times, of which the mean and the longest are kept. In seconds.</summary>
internal readonly record struct Spread(long Count, double Sum, double Longest)
{
    /// <summary>0 of none.</summary>
    public double Mean => Count == 0 ? 0 : Sum / Count;

    /// <summary>With one more. Clocks of two machines may differ: what came before it was sent took no time.</summary>
    public Spread With(TimeSpan time) => Plus(new Spread(1, Math.Max(0, time.TotalSeconds), Math.Max(0, time.TotalSeconds)));

    /// <summary>Both together.</summary>
    public Spread Plus(Spread other) => new(Count + other.Count, Sum + other.Sum, Math.Max(Longest, other.Longest));
}
