using System.Text.Json.Nodes;
using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>Published vectors, and the known messages where they lie beside the clone.</summary>
internal static class Vectors
{
    /// <summary>Known tokens under test keys.</summary>
    public static JsonNode KnownTokens { get; } = Read("loginetl_tokens_kat.json");

    public static JsonNode Read(string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", name)))!;

    /// <summary>A file that is not part of this repository; the test is skipped where it is not there.</summary>
    public static string PathOfShared(string name)
    {
        var path = Repository.PathOf($"../shared/data/{name}");
        if (!File.Exists(path))
        {
            Assert.Skip($"{name} is not beside this clone (../shared/data).");
        }

        return path;
    }
}
