namespace LoginEtl.Audit;

/// <summary>What a look at an audit file came to.</summary>
public enum AuditState
{
    /// <summary>It is at its place, every line holds, and the database knows no other.</summary>
    Intact,

    /// <summary>The same, in a folder of archived files.</summary>
    Archived,

    /// <summary>A line was changed, put in, taken out, cut off or written anew.</summary>
    Broken,

    /// <summary>The database knows it, and nothing is at its place.</summary>
    Missing,

    /// <summary>It is at another place than the one that it was anchored from.</summary>
    Moved,

    /// <summary>Another file is at its place, or was anchored there first.</summary>
    Replaced,

    /// <summary>Its place is on another host, and no copy of it was found.</summary>
    Elsewhere,

    /// <summary>It could not be read.</summary>
    Unreadable,

    /// <summary>The database knows less than it did: anchors were deleted or changed, or it is another database.</summary>
    AnchorsLost,
}
