using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Keysets;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names of keysets.</summary>
public sealed class KeysetNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        KeyListing.Names.Where(n => n.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)).Select(n => new CompletionResult(n));
}
