using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Loading;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Names of the queues that are there, from the service, with the region, profile and endpoint that the line has. Whoever types waits two seconds at most.</summary>
public sealed class QueueCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        var prefix = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            var settings = new QueueSettings
            {
                Queue = prefix + "*",
                Region = Given(nameof(QueueCmdlet.Region)),
                ProfileName = Given(nameof(QueueCmdlet.ProfileName)),
                EndpointUrl = EnvironmentSettings.Url(Given(nameof(QueueCmdlet.EndpointUrl)), "-EndpointUrl"),
                Timeout = Longest,
            };
            using var limit = new CancellationTokenSource(Longest);
            // Another thread: a completer has no context that it could wait in without harm.
            var urls = Task.Run(() => Connectors.Queue.ListUrlsAsync(settings, prefix, limit.Token)).GetAwaiter().GetResult();
            return [.. urls.Select(url => new CompletionResult(url[(url.LastIndexOf('/') + 1)..], url[(url.LastIndexOf('/') + 1)..], CompletionResultType.ParameterValue, Quotable.Plain(url)))];
        }
        catch (Exception e) when (e is LoginEtlException or OperationCanceledException)
        {
            // Nothing to complete; the cmdlet itself says what is wrong.
            return [];
        }

        string? Given(string name) => (fakeBoundParameters[name] ?? EnvironmentSettings.Read(SettingVariables.NameOf(name)))?.ToString() is { Length: > 0 } text ? text : null;
    }
}
