namespace LoginEtl.Rotation;

/// <summary>How far a rotation is.</summary>
/// <param name="Pass">1 for the first look at every row.</param>
/// <param name="Done">Share of the pass, 0 to 1.</param>
/// <param name="RowsUpdated">So far, over all passes.</param>
public readonly record struct RotationProgress(int Pass, double Done, long RowsUpdated);
