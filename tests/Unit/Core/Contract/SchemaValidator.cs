using System.Diagnostics;
using LoginEtl.Sandbox.Servers;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Contract;

/// <summary>Ajv, a validator of JSON Schema by others, on Node.js.</summary>
internal static class SchemaValidator
{
    /// <summary>A letter a body: v for valid, i for invalid, n for what is no JSON in UTF-8.</summary>
    /// <param name="schemas">Checked against their own schema first: Ajv refuses what is none.</param>
    /// <param name="bodies">Each with the place of its schema.</param>
    public static async Task<string> AskAsync(IReadOnlyList<string> schemas, IReadOnlyList<(int Schema, byte[] Body)> bodies)
    {
        var token = TestContext.Current.CancellationToken;
        await new NpmPackages(Repository.PathOf("tests/npm")).InstallAsync(before: null, after: null, token);
        var file = Path.GetTempFileName();
        try
        {
            // A schema has line feeds between its members, and nowhere else.
            var lines = bodies.Select(b => $"{b.Schema} {Convert.ToBase64String(b.Body)}").Prepend($"[{string.Join(',', schemas).Replace("\n", "", StringComparison.Ordinal)}]");
            await File.WriteAllLinesAsync(file, lines, token);
            var (code, output, errors) = await Programs.RunAsync(new ProcessStartInfo("node", [Repository.PathOf("tests/npm/schema.mjs"), file]), token);
            Assert.True(code == 0, errors);
            Assert.Equal(bodies.Count, output.Length);
            return output;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
