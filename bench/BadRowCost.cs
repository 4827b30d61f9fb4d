using System.Globalization;

namespace LoginEtl.Bench;

/// <summary>What batches of one kind took: medians over the rounds.</summary>
/// <param name="Kind">What is bad about the bad rows.</param>
/// <param name="CleanMilliseconds">A batch without any, in milliseconds.</param>
/// <param name="OneFirst">One row in a hundred bad, the first such batch, in multiples of a clean one of its round.</param>
/// <param name="OneLater">The batch after it.</param>
/// <param name="TwentyFirst">One row in five bad, the first such batch.</param>
/// <param name="TwentyLater">The batch after it.</param>
public sealed record BadRowCost(
    BadRowKind Kind, double CleanMilliseconds, double OneFirst, double OneLater, double TwentyFirst, double TwentyLater)
{
    /// <summary>A batch of which a fifth is bad may take this many times as long as a clean one.</summary>
    public const double Most = 3;

    /// <summary>Whether that holds.</summary>
    public bool IsWithin => TwentyFirst <= Most && TwentyLater <= Most;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind.Name,-22} clean {CleanMilliseconds,5:0} ms  1 %: first {OneFirst:0.0}x, later {OneLater:0.0}x  20 %: first {TwentyFirst:0.0}x, later {TwentyLater:0.0}x{(IsWithin ? "" : $"  OVER {Most}x")}");
}
