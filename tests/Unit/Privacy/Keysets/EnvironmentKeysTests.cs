using System.Text.Json.Nodes;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Protecting;
using LoginEtl.Records;
using LoginEtl.Unit.Core;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Privacy.Keysets;

public sealed class EnvironmentKeysTests : IDisposable
{
    private const string Canary = "cAnArYkEyByTeS00";
    private readonly string _variable = $"LOGINETL_TEST_{Guid.NewGuid():N}";
    private readonly TestKeys _keys = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(_variable, null);
        _keys.Dispose();
    }

    [Fact]
    public void Keys_from_the_environment_mask_alike_and_come_with_a_warning()
    {
        var all = new JsonObject { ["comment"] = new JsonArray("ignored") };
        foreach (var name in KeysetName.All)
        {
            all[name] = JsonNode.Parse(File.ReadAllText(Path.Combine(_keys.Folder, $"{name}.json")));
        }

        using var ring = Open(all.ToJsonString());
        using var protector = new Protector(ring);
        using var fromFiles = _keys.Protector();
        var login = Deliveries.Decode(Deliveries.Body);

        Assert.Equal($"env:{_variable}", ring.Source);
        Assert.Contains(_variable, Assert.Single(ring.Warnings), StringComparison.Ordinal);
        Assert.Equal(((LoginRecord)fromFiles.Protect(login)).MaskedIp, ((LoginRecord)protector.Protect(login)).MaskedIp);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Empty_variable_is_no_keyset(string? value) => Assert.Equal("KeysetNotFound", Fault(value).Id);

    [Theory]
    [InlineData(Canary)]
    [InlineData("\"" + Canary + "\"")]
    [InlineData("{\"ip\":\"" + Canary + "\"}")]
    [InlineData("{\"ip\":{\"primaryKeyId\":1,\"key\":[{\"status\":\"" + Canary + "\"}]}}")]
    [InlineData("{\"ip\":{\"primaryKeyId\":1,\"key\":[{\"keyData\":{\"value\":\"" + Canary + "\"}}]}}")]
    [InlineData("{\"ip\":" + Canary + "}")]
    [InlineData("{\"" + Canary)]
    [InlineData("{} " + Canary)]
    public void What_is_malformed_is_refused_without_a_word_of_it(string value)
    {
        var fault = Fault(value);
        Assert.Equal("KeysetInvalid", fault.Id);
        Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.Ordinal);
    }

    private LoginEtlException Fault(string? value) => Assert.Throws<LoginEtlException>(() => Open(value));

    private Keyring Open(string? value)
    {
        Environment.SetEnvironmentVariable(_variable, value);
        return Keyring.Open($"env:{_variable}");
    }
}
