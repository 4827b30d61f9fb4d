using Xunit;

namespace LoginEtl.Unit.Fixtures;

/// <summary>The collection of tests that run one at a time, and beside no others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "Runs alone";
}
