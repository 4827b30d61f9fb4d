using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Reasons that messages are rejected for.</summary>
public sealed class RejectReasonCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        RejectReasons.All.Where(r => r.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)).Select(r => new CompletionResult(r));
}
