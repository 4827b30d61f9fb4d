using System.Management.Automation;
using System.Management.Automation.Language;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What completers share.</summary>
internal static class Completion
{
    // Whoever types waits no longer.
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>What was typed, without the quote that it may begin with.</summary>
    public static string WordOf(string? typed) => (typed ?? "").Trim('\'', '"');

    /// <summary>A name as it is typed: in quotes where PowerShell would read it otherwise. Names are others' texts: shown without what a terminal acts on.</summary>
    public static CompletionResult Of(string name, string tip)
    {
        var isBare = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] != '-';
        return new CompletionResult(
            isBare ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'", Quotable.Plain(name), CompletionResultType.ParameterValue, Quotable.Plain(tip));
    }

    /// <summary>Asks a service, for two seconds at most; empty where it does not answer: the cmdlet itself says what is wrong.</summary>
    public static IReadOnlyList<T> Ask<T>(Func<CancellationToken, Task<IReadOnlyList<T>>> ask)
    {
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            // Another thread: a completer has no context that it could wait in without harm.
            return Task.Run(() => ask(limit.Token)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is LoginEtlException or OperationCanceledException)
        {
            return [];
        }
    }
}
