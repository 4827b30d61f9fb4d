using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Keysets;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Completes names that are always the same.</summary>
/// <param name="names">All of them.</param>
public abstract class NameCompleter(IEnumerable<string> names) : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        names.Where(n => n.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)).Select(n => new CompletionResult(n));
}

/// <summary>Names of keysets.</summary>
public sealed class KeysetNameCompleter() : NameCompleter(KeyListing.Names);

/// <summary>Reasons that messages are rejected for.</summary>
public sealed class RejectReasonCompleter() : NameCompleter(RejectReasons.All);
