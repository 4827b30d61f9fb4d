using System.Text.RegularExpressions;

namespace LoginEtl.Unit.House;

/// <summary>
/// The code of src as text: which folder uses types of which other folder of its project. Types are read from their
/// declarations, uses from identifiers where the type's namespace can be seen; comments and texts do not count, code in
/// interpolations does. It may miss a use, and invents none.
/// </summary>
internal sealed partial class SourceCode
{
    private readonly List<(string Path, string Folder, string Text, string Namespace, HashSet<string> Seen)> _files = [];
    private readonly ILookup<string, (string Namespace, string Folder)> _types;

    public SourceCode(string root)
    {
        var src = Path.Combine(root, "src");
        foreach (var path in Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var parts = Path.GetRelativePath(src, path).Split(Path.DirectorySeparatorChar);
            if (parts[1] is "bin" or "obj")
            {
                continue;
            }

            var text = CodeOf(File.ReadAllText(path));
            _files.Add((
                string.Join('/', parts), string.Join('/', parts[..^1])["LoginEtl.".Length..], text, Namespace().Match(text).Groups[1].Value,
                [.. Usings().Matches(text).Select(m => m.Groups[1].Value)]));
        }

        _types = _files.SelectMany(f => Declarations().Matches(f.Text).Select(m => (Name: m.Groups[1].Value, f.Namespace, f.Folder)))
            .Distinct().ToLookup(t => t.Name, t => (t.Namespace, t.Folder));
    }

    /// <summary>The edges between folders of one project, each with a file and a type by which it is there.</summary>
    public IReadOnlyDictionary<(string From, string To), string> Edges()
    {
        var edges = new SortedDictionary<(string, string), string>();
        foreach (var file in _files)
        {
            var project = file.Folder.Split('/')[0];
            foreach (var (qualifier, name) in Uses().Matches(file.Text).SelectMany(m => Qualified(m.Value)).Where(u => _types.Contains(u.Name)))
            {
                var seen = _types[name].Where(t => qualifier.Length > 0 ? t.Namespace == qualifier || t.Namespace.EndsWith($".{qualifier}", StringComparison.Ordinal)
                    : t.Namespace == file.Namespace || file.Namespace.StartsWith($"{t.Namespace}.", StringComparison.Ordinal) || file.Seen.Contains(t.Namespace)).ToList();
                var own = seen.FindIndex(t => t.Namespace == file.Namespace);
                if (seen.Count > 0 && seen[Math.Max(0, own)].Folder is var folder && folder != file.Folder && folder.Split('/')[0] == project)
                {
                    edges.TryAdd((file.Folder, folder), $"{file.Path} uses {name}");
                }
            }
        }

        return edges;
    }

    // Each name of a.b.c, with what stands before it.
    private static IEnumerable<(string Qualifier, string Name)> Qualified(string dotted)
    {
        var names = dotted.Split('.', StringSplitOptions.TrimEntries);
        return names.Select((name, i) => (string.Join('.', names[..i]), name));
    }

    // Of an interpolated text the holes stay.
    private static string CodeOf(string text) => TextsAndComments().Replace(text, m =>
        m.Groups["text"].Success && m.Value.Contains('$', StringComparison.Ordinal) && m.Value.IndexOf('$', StringComparison.Ordinal) < m.Value.IndexOf('"', StringComparison.Ordinal)
            ? $" \"\" {string.Join(' ', Holes().Matches(m.Value).Select(h => CodeOf(h.Groups[1].Value)))} "
            : m.Groups["text"].Success ? " \"\" " : " ");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|(?<text>\$*"{3,}.*?"{3,}|\$?@\$?"(?:""|[^"])*"|\$"(?:\\.|\{\{|\}\}|\{(?:[^{}"]|"(?:\\.|[^"\\])*"|\{[^{}]*\})*\}|[^"\\{}])*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')""", RegexOptions.Singleline)]
    private static partial Regex TextsAndComments();

    [GeneratedRegex(@"\{((?:[^{}]|\{[^{}]*\})*)\}", RegexOptions.Singleline)]
    private static partial Regex Holes();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^\s*using\s+(?:static\s+)?([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"^(?:public|internal)\s+(?:(?:sealed|abstract|static|partial|readonly|ref|unsafe)\s+)*(?:class|struct|interface|enum|record\s+struct|record|delegate\s+[\w<>\[\]?.]+)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declarations();

    [GeneratedRegex(@"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*")]
    private static partial Regex Uses();
}
