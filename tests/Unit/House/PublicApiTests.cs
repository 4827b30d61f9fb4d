using LoginEtl.Unit.Fixtures;
using PublicApiGenerator;
using Xunit;

namespace LoginEtl.Unit.House;

/// <summary>What Core and Privacy let others use is on a list, so that a change of it is seen, and meant.</summary>
public sealed class PublicApiTests
{
    // A converter's name is the compiler's, and holds the path of the clone.
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        ExcludeAttributes = ["System.Text.Json.Serialization.JsonConverterAttribute"],
    };

    [Theory]
    [InlineData("LoginEtl.Core", typeof(EtlJob))]
    [InlineData("LoginEtl.Privacy", typeof(Keysets.Keyring))]
    public void Public_API_is_that_of_the_list(string name, Type one)
    {
        var path = Repository.PathOf($"tests/Unit/House/{name}.txt");
        var api = one.Assembly.GeneratePublicApi(Options).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("LOGINETL_TEST_NEW_API") == "1")
        {
            File.WriteAllText(path, api);
        }

        string[] now = api.Split('\n'), listed = File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n');
        Assert.True(now.SequenceEqual(listed), $"LOGINETL_TEST_NEW_API=1 writes {name}.txt anew. New: {string.Join(" | ", now.Except(listed).Take(5))} Gone: {string.Join(" | ", listed.Except(now).Take(5))}");
    }
}
