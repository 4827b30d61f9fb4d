namespace LoginEtl.Audit;

/// <summary>Where an audit file stands, as the anchor keeps it: host and full path. A place has one file, for good.</summary>
public static class AuditPlace
{
    /// <summary>Whether one file has several spellings: these systems take none for another file by its case alone.</summary>
    public static bool IgnoresCase { get; } = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>By which two places are the same one.</summary>
    internal static StringComparer Comparer { get; } = IgnoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>The place of a path on this host.</summary>
    public static string Of(string path) => $"{Environment.MachineName}:{Path.GetFullPath(path)}";

    /// <summary>
    /// The path of a place of this host; null of another's, and of what is none. Whoever recovers chose it: a network
    /// share would be told the auditor's name.
    /// </summary>
    internal static string? PathHere(string place)
    {
        var host = $"{Environment.MachineName}:";
        var path = place.StartsWith(host, StringComparison.OrdinalIgnoreCase) ? place[host.Length..] : "";
        return Path.IsPathFullyQualified(path) && !path.Contains('\0') && !path.StartsWith(@"\\", StringComparison.Ordinal) && !path.StartsWith("//", StringComparison.Ordinal)
            && Path.GetFullPath(path) == path ? path : null;
    }
}
