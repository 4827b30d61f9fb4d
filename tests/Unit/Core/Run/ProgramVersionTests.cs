using LoginEtl.Run;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Core.Run;

/// <summary>Two builds of different commits are told apart.</summary>
public sealed class ProgramVersionTests
{
    [Fact]
    public void Version_names_the_commit_it_was_built_from()
    {
        Assert.SkipUnless(Path.Exists(Repository.PathOf(".git")), "This is no clone: no commit is known.");
        Assert.Matches(@"^\d+\.\d+\.\d+\+[0-9a-f]{12}$", ProgramVersion.Text);
    }
}
