using System.Runtime.CompilerServices;
using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>A test that takes minutes or hours: <c>dotnet test</c> leaves it out and says so, <c>./build.ps1 Soak</c> runs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LongRunAttribute : FactAttribute
{
    /// <summary>Runs them when it is 1.</summary>
    public const string Variable = "LOGINETL_LONG_RUNS";

    public LongRunAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Skip = $"It takes long: ./build.ps1 Soak runs it, and {Variable}=1 does.";
        SkipType = typeof(LongRunAttribute);
        SkipUnless = nameof(AreAsked);
    }

    public static bool AreAsked => Environment.GetEnvironmentVariable(Variable) == "1";
}
