using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.House;

/// <summary>
/// The walls inside the projects: <c>Walls.txt</c> lists which folder may use which. Lines that begin with <c>!</c> are
/// exceptions, to be struck out; without them there is no circle.
/// </summary>
public sealed class WallTests
{
    private static readonly IReadOnlyDictionary<(string From, string To), string> Edges = new SourceCode(Repository.Root).Edges();

    private static readonly IReadOnlyList<(bool IsException, string From, string To)> Walls =
    [
        .. File.ReadLines(Repository.PathOf("tests/Unit/House/Walls.txt")).Where(l => l.Length > 0 && l[0] != '#').SelectMany(l =>
        {
            var sides = l.TrimStart('!').Split(" -> ");
            return sides[1].Split(' ').Select(to => (l[0] == '!', From: sides[0].Trim(), to));
        }),
    ];

    [Fact]
    public void No_folder_uses_another_that_it_may_not() => Assert.Empty(
        Edges.Where(e => !Walls.Any(w => (w.From, w.To) == e.Key)).Select(e => $"{e.Key.From} -> {e.Key.To}: {e.Value}"));

    [Fact]
    public void What_is_allowed_is_needed_and_exceptions_that_are_gone_are_struck_out() => Assert.Empty(
        Walls.Where(w => !Edges.ContainsKey((w.From, w.To))).Select(w => $"{w.From} -> {w.To}"));

    [Fact]
    public void Folders_form_no_circle_but_for_the_exceptions()
    {
        var allowed = Walls.Where(w => !w.IsException).ToLookup(w => w.From, w => w.To);
        var done = new HashSet<string>();
        foreach (var folder in allowed)
        {
            Walk([folder.Key]);
        }

        void Walk(IReadOnlyList<string> way)
        {
            foreach (var next in allowed[way[^1]])
            {
                Assert.False(way.Contains(next), $"a circle: {string.Join(" -> ", way)} -> {next}");
                if (!done.Contains(next))
                {
                    Walk([.. way, next]);
                }
            }

            done.Add(way[^1]);
        }
    }

    [Fact]
    public void And_the_reader_finds_uses_and_no_others()
    {
        var root = Directory.CreateTempSubdirectory("loginetl-").FullName;
        try
        {
            Write("A/Uses.cs", "using LoginEtl.X.B;\nnamespace LoginEtl.X.A;\n// Commented\ninternal class Uses { string s = \"Quoted\" + $\"{new Holed()}\"; B.Qualified q; int Member() => this.Unrelated; }");
            foreach (var name in new[] { "Commented", "Quoted", "Holed", "Unrelated" })
            {
                Write($"{(name == "Holed" ? "B" : "C")}/{name}.cs", $"namespace LoginEtl.X.{(name == "Holed" ? "B" : "C")};\ninternal class {name};");
            }

            Write("D/Qualified.cs", "namespace LoginEtl.X.D.B;\npublic sealed record Qualified(int N);");
            Assert.Equal([("X/A", "X/B"), ("X/A", "X/D")], new SourceCode(root).Edges().Keys);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        void Write(string path, string text)
        {
            var full = Path.Combine(root, "src", "LoginEtl.X", path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
    }
}
