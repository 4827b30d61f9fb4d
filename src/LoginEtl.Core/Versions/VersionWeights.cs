namespace LoginEtl.Versions;

/// <summary>What the parts of a version weigh in one integer.</summary>
/// <param name="Major">Weight of the first part.</param>
/// <param name="Minor">Weight of the second; the third weighs 1.</param>
/// <param name="Below">What second and third part stay below, so that no two versions collide.</param>
internal readonly record struct VersionWeights(long Major, long Minor, int Below)
{
    /// <summary>Of Packed, Decimal or Nibble.</summary>
    public static VersionWeights Of(AppVersionFormat format) => format switch
    {
        AppVersionFormat.Packed => new(1_000_000, 1_000, 1_000),
        AppVersionFormat.Decimal => new(10_000, 100, 100),
        AppVersionFormat.Nibble => new(256, 16, 16),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format of weighed integers."),
    };
}
