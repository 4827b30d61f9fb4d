namespace LoginEtl.Audit;

/// <summary>What a look at an audit file came to.</summary>
public enum AuditState
{
    /// <summary>Every line holds, and the database knows no other.</summary>
    Intact,

    /// <summary>A line was changed, put in, taken out, cut off or written anew.</summary>
    Broken,

    /// <summary>The database knows less than it did: anchors were deleted or changed, or it is another database.</summary>
    AnchorsLost,
}
