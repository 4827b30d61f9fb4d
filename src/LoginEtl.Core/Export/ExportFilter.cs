using LoginEtl.Versions;

namespace LoginEtl.Export;

/// <summary>Which rows are exported, and how they are read.</summary>
public sealed record ExportFilter
{
    /// <summary>No rows of earlier days; null for no such limit.</summary>
    public DateOnly? FirstDay { get; init; }

    /// <summary>No rows of later days; null for no such limit.</summary>
    public DateOnly? LastDay { get; init; }

    /// <summary>How the version column is encoded, as the runs have it.</summary>
    public AppVersionFormat AppVersionFormat { get; init; } = AppVersionFormat.Auto;
}
