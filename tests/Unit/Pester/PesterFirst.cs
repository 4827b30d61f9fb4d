using LoginEtl.Unit.Pester;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(PesterFirst))]

namespace LoginEtl.Unit.Pester;

/// <summary>Lets the Pester suite begin with the run: it takes longest, and goes on beside all others.</summary>
public sealed class PesterFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => c.TestCollectionDisplayName.Contains(nameof(PesterSuite), StringComparison.Ordinal) ? 0 : 1)];
}
