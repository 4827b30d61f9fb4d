using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// Names that the database has, which the line or LOGINETL_DATABASE names. Whoever types waits two seconds at most, and is asked
/// for no password.
/// </summary>
public abstract class DatabaseCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var word = (wordToComplete ?? "").Trim('\'');
        var database = fakeBoundParameters[nameof(DatabaseCmdlet.Database)]?.ToString() ?? EnvironmentSettings.Read(EnvironmentSettings.DatabaseVariable);
        var credential = fakeBoundParameters[nameof(DatabaseCmdlet.Credential)] as PSCredential;
        if (string.IsNullOrWhiteSpace(database))
        {
            return [];
        }

        try
        {
            var settings = new DatabaseSettings
            {
                Database = new SecretText(database),
                UserName = credential?.UserName,
                Password = credential is null ? null : new SecretText(credential.GetNetworkCredential().Password),
                Table = fakeBoundParameters[nameof(DatabaseCmdlet.Table)]?.ToString() ?? EnvironmentSettings.Read(SettingVariables.NameOf(nameof(DatabaseCmdlet.Table))) ?? DatabaseSettings.DefaultTable,
            };
            using var limit = new CancellationTokenSource(Longest);
            // Another thread: a completer has no context that it could wait in without harm.
            var names = Task.Run(() => NamesAsync(settings, limit.Token)).GetAwaiter().GetResult();
            return [.. names.Where(n => n.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(n => Quotable.IsName(n) ? new CompletionResult(n) : Quoted(n))];
        }
        catch (Exception e) when (e is LoginEtlException or OperationCanceledException)
        {
            // Nothing to complete; the cmdlet itself says what is wrong.
            return [];
        }
    }

    /// <summary>All of them.</summary>
    /// <param name="settings">Names the database, and the table that the line has.</param>
    /// <param name="cancellationToken">Ends it.</param>
    protected abstract Task<IReadOnlyList<string>> NamesAsync(DatabaseSettings settings, CancellationToken cancellationToken);

    private static CompletionResult Quoted(string name)
    {
        var text = $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
        return new CompletionResult(text, Quotable.Plain(name), CompletionResultType.ParameterValue, Quotable.Plain(name));
    }
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
