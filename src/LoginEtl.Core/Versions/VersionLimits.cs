namespace LoginEtl.Versions;

/// <summary>Which versions a column takes, or three columns.</summary>
public sealed record VersionLimits
{
    private VersionLimits(AppVersionFormat format, int? longest, IReadOnlyList<long> largest) => (Format, Longest, Largest) = (format, longest, largest);

    /// <summary>The format, and Auto for three columns, which have none.</summary>
    public AppVersionFormat Format { get; }

    /// <summary>Longest text in characters (code points); null where there is no limit.</summary>
    public int? Longest { get; }

    /// <summary>The largest number of the column, or of each of the three; empty for text.</summary>
    public IReadOnlyList<long> Largest { get; }

    /// <summary>Of a column of text.</summary>
    /// <param name="format">Text or Sortable; Auto is Text.</param>
    /// <param name="longest">In characters; null where there is no limit.</param>
    public static VersionLimits OfText(AppVersionFormat format, int? longest) =>
        new(format == AppVersionFormat.Sortable ? format : AppVersionFormat.Text, format == AppVersionFormat.Sortable ? null : longest, []);

    /// <summary>Of a column of integers.</summary>
    /// <param name="format">Packed, Decimal, Nibble or Digits.</param>
    /// <param name="largest">What it holds at most.</param>
    public static VersionLimits OfInteger(AppVersionFormat format, long largest) => new(format, null, [Math.Min(largest, int.MaxValue)]);

    /// <summary>Of three columns.</summary>
    public static VersionLimits OfThree(long major, long minor, long patch) => new(AppVersionFormat.Auto, null, [major, minor, patch]);
}
