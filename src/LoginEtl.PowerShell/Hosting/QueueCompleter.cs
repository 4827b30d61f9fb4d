using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names of the queues that are there, from the service, with the region, profile and endpoint that the line has.</summary>
public sealed class QueueCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var prefix = Completion.WordOf(wordToComplete);
        // What cannot be a name, a URL begun or a secret in the wrong place, is nothing to send.
        return !EnvironmentSettings.IsQueuePattern(prefix) ? [] : Completion.Ask(limit => Connectors.Queue.ListNamesAsync(
            new QueueSettings
            {
                Queue = prefix + "*",
                Region = Given(nameof(QueueCmdlet.Region)),
                ProfileName = Given(nameof(QueueCmdlet.ProfileName)),
                EndpointUrl = EnvironmentSettings.Url(Given(nameof(QueueCmdlet.EndpointUrl)), "-EndpointUrl"),
                Timeout = Completion.Longest,
            },
            prefix, limit)).Select(q => Completion.Of(q.Name, q.QueueUrl));

        string? Given(string name) => (fakeBoundParameters[name] ?? EnvironmentSettings.Read(SettingVariables.NameOf(name)))?.ToString() is { Length: > 0 } text ? text : null;
    }
}
