using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names that the database has, which the line or LOGINETL_DATABASE names. Whoever types is asked for no password, and no program runs.</summary>
public abstract class DatabaseCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var word = Completion.WordOf(wordToComplete);
        var database = fakeBoundParameters[nameof(DatabaseCmdlet.Database)]?.ToString() ?? EnvironmentSettings.Read(EnvironmentSettings.DatabaseVariable);
        if (string.IsNullOrWhiteSpace(database) || DatabaseText.IsProgram(database))
        {
            return [];
        }

        var credential = fakeBoundParameters[nameof(DatabaseCmdlet.Credential)] as PSCredential;
        var settings = new DatabaseSettings
        {
            Database = new SecretText(database),
            UserName = credential?.UserName,
            Password = credential is null ? null : new SecretText(credential.GetNetworkCredential().Password),
            Table = fakeBoundParameters[nameof(DatabaseCmdlet.Table)]?.ToString() ?? EnvironmentSettings.Read(SettingVariables.NameOf(nameof(DatabaseCmdlet.Table))) ?? DatabaseSettings.DefaultTable,
        };
        return Completion.Ask(limit => NamesAsync(settings, limit)).Where(n => n.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(n => Completion.Of(n, n));
    }

    /// <summary>All of them.</summary>
    /// <param name="settings">Names the database, and the table that the line has.</param>
    /// <param name="cancellationToken">Ends it.</param>
    protected abstract Task<IReadOnlyList<string>> NamesAsync(DatabaseSettings settings, CancellationToken cancellationToken);
}

/// <summary>Tables.</summary>
public sealed class TableCompleter : DatabaseCompleter
{
    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string>> NamesAsync(DatabaseSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // What stands there is what is being typed.
        return Connectors.Database.ListTablesAsync(settings with { Table = DatabaseSettings.DefaultTable }, cancellationToken);
    }
}

/// <summary>Unique keys of the table.</summary>
public sealed class UniqueKeyCompleter : DatabaseCompleter
{
    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string>> NamesAsync(DatabaseSettings settings, CancellationToken cancellationToken) =>
        Connectors.Database.ListUniqueKeysAsync(settings, cancellationToken);
}
