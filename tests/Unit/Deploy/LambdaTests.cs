using System.Globalization;
using System.Text.RegularExpressions;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;
using YamlDotNet.Serialization;

namespace LoginEtl.Unit.Deploy;

/// <summary>The function's template and image, read and held against each other.</summary>
public sealed class LambdaTests
{
    private static readonly Dictionary<object, object> s_function = Function();

    [Fact]
    public void What_the_function_says_is_what_its_mapping_expects()
    {
        var mapping = Of(Of(Of(s_function, "Events"), "Queue"), "Properties");
        Assert.Contains("CMD [\"--lambda\", \"Partial\"]", File.ReadAllText(Repository.PathOf("deploy/lambda/Dockerfile")), StringComparison.Ordinal);
        // Otherwise what is to come again is deleted.
        Assert.Equal(["ReportBatchItemFailures"], ((List<object>)mapping["FunctionResponseTypes"]).Cast<string>());
        // Lambda's own limits: more than 10 need a window (AWS Lambda developer guide, "Configuring scaling behavior for SQS event source mappings").
        Assert.InRange(Number(mapping, "BatchSize"), 11, 10_000);
        Assert.InRange(Number(mapping, "MaximumBatchingWindowInSeconds"), 1, 300);
        Assert.InRange(Number(Of(mapping, "ScalingConfig"), "MaximumConcurrency"), 2, 1_000);
    }

    [Fact]
    public void Visibility_timeout_that_is_asked_for_is_six_times_what_a_message_may_take()
    {
        var mapping = Of(Of(Of(s_function, "Events"), "Queue"), "Properties");
        var least = 6 * (Number(s_function, "Timeout") + Number(mapping, "MaximumBatchingWindowInSeconds"));
        foreach (var file in (string[])["deploy/lambda/template.yaml", "docs/lambda.md"])
        {
            Assert.Contains($"{least} seconds", File.ReadAllText(Repository.PathOf(file)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Variables_are_settings_and_none_of_them_holds_a_secret()
    {
        var variables = Of(Of(s_function, "Environment"), "Variables");
        var set = variables.Keys.Cast<string>().Concat(Regex.Matches(File.ReadAllText(Repository.PathOf("deploy/lambda/Dockerfile")), "LOGINETL_[A-Z_]+(?==)").Select(m => m.Value)).ToList();
        Assert.NotEmpty(set);
        Assert.All(set, name => Assert.Contains(name, SettingVariables.Known));
        Assert.Equal("true", variables["LOGINETL_IAM_AUTHENTICATION"]);
    }

    private static int Number(Dictionary<object, object> of, string name) => int.Parse((string)of[name], CultureInfo.InvariantCulture);

    private static Dictionary<object, object> Of(Dictionary<object, object> of, string name) => (Dictionary<object, object>)of[name];

    private static Dictionary<object, object> Function()
    {
        var template = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(File.ReadAllText(Repository.PathOf("deploy/lambda/template.yaml")));
        return Of(Of(Of(template, "Resources"), "Function"), "Properties");
    }
}
