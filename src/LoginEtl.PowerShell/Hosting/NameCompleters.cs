using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Completes names that do not depend on the line.</summary>
/// <param name="names">All of them, each with what is said of it.</param>
public abstract class NameCompleter(Func<IEnumerable<(string Name, string Tip)>> names) : IArgumentCompleter
{
    /// <param name="names">All of them.</param>
    protected NameCompleter(IEnumerable<string> names)
        : this(() => names.Select(n => (n, n)))
    {
    }

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = Completion.WordOf(wordToComplete);
        return names().Where(n => n.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(n => Completion.Of(n.Name, n.Tip));
    }
}

/// <summary>Names of keysets.</summary>
public sealed class KeysetNameCompleter() : NameCompleter(KeyListing.Names);

/// <summary>Reasons that messages are rejected for.</summary>
public sealed class RejectReasonCompleter() : NameCompleter(RejectReasons.All);

/// <summary>Regions of AWS.</summary>
public sealed class RegionCompleter() : NameCompleter(() => Connectors.Queue.Regions());

/// <summary>Profiles of the shared AWS configuration.</summary>
public sealed class ProfileNameCompleter() : NameCompleter(() => Connectors.Queue.ProfileNames().Select(n => (n, n)));

/// <summary>Files of settings in the user's own folder.</summary>
public sealed class SettingsCompleter() : NameCompleter(() => Files().Select(f => (f, f)))
{
    private static IEnumerable<string> Files()
    {
        var folder = Path.GetDirectoryName(SettingsFile.PathOf("any", p => p))!;
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal) : [];
    }
}

/// <summary>Methods of masking, each for one attribute, as a text.</summary>
public sealed class MethodCompleter() : NameCompleter(MaskMethods.All);

/// <summary>Our names of columns, each to be followed by the table's.</summary>
public sealed class ColumnNameCompleter() : NameCompleter(LoginFields.Columns.Select(c => c + "="));
