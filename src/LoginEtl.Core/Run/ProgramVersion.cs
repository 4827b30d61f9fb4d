using System.Reflection;

namespace LoginEtl.Run;

/// <summary>Which build this is.</summary>
public static class ProgramVersion
{
    // Of a commit's name, enough to find it.
    private const int RevisionLength = 12;

    /// <summary>The version, and the commit it was built from where that is known: <c>0.1.0+51bdc89d3f62</c>.</summary>
    public static string Text { get; } = Of(typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    private static string Of(string version) =>
        version.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 && version.Length > plus + 1 + RevisionLength ? version[..(plus + 1 + RevisionLength)] : version;
}
