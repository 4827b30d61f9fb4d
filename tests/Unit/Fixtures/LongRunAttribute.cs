using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace LoginEtl.Unit.Fixtures;

/// <summary>
/// A test that takes from half a minute to hours: <c>dotnet test</c> leaves it out and says so, <c>./build.ps1 Soak</c> runs it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LongRunAttribute : FactAttribute, ITraitAttribute
{
    /// <summary>Runs them when it is 1.</summary>
    public const string Variable = "LOGINETL_LONG_RUNS";

    /// <summary>What is said of one that is left out.</summary>
    public const string Why = $"It takes long: ./build.ps1 Soak runs it, and {Variable}=1 does.";

    // By which they are found.
    internal static readonly KeyValuePair<string, string> Trait = new("Run", "Long");

    public LongRunAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = Why;
        SkipType = typeof(LongRunAttribute);
        SkipUnless = nameof(AreAsked);
    }

    public static bool AreAsked => Environment.GetEnvironmentVariable(Variable) == "1";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [Trait];
}

/// <summary>One row of a theory's data, with which it is such a test.</summary>
public sealed class LongRunDataAttribute : DataAttribute
{
    private readonly object?[] _data;

    public LongRunDataAttribute(params object?[] data)
    {
        _data = data;
        Skip = LongRunAttribute.Why;
        SkipType = typeof(LongRunAttribute);
        SkipUnless = nameof(LongRunAttribute.AreAsked);
        Traits = [LongRunAttribute.Trait.Key, LongRunAttribute.Trait.Value];
    }

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([ConvertDataRow(_data)]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
