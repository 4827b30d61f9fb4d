using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>What no parameter of a cmdlet takes, as a dynamic parameter: PowerShell's own error would quote it.</summary>
internal class OtherArguments
{
    /// <summary>What the first of them is called, where that is a name; nothing else of them is kept.</summary>
    [Parameter(ValueFromRemainingArguments = true, DontShow = true)]
    [NameAlone]
    public SettingText? OtherArgument { get; set; }

    /// <summary>The same, of all that this takes; null where it was given nothing.</summary>
    protected virtual SettingText? Given => OtherArgument;

    /// <summary>The fault that they are; null where there are none.</summary>
    /// <param name="command">The cmdlet.</param>
    public LoginEtlException? Fault(CommandInfo command)
    {
        if (Given is not { } other)
        {
            return null;
        }

        var positional = command.ParameterSets.SelectMany(s => s.Parameters).Where(p => p.Position >= 0)
            .OrderBy(p => p.Position).Select(p => $"-{p.Name}").Distinct().ToList();
        var what = other.Reveal() is { Length: > 0 } name ? $"has no parameter {name}"
            : positional.Count == 0 ? "takes nothing by position, and was given something"
            : $"was given more than it takes by position, which is {string.Join(", ", positional)}";
        return new LoginEtlException(ErrorId.ParameterUnknown, $"{command.Name} {what}.", $"Give all else by name; see Get-Help {command.Name}.");
    }

    [AttributeUsage(AttributeTargets.Property)]
    private sealed class NameAloneAttribute : TransformationAttribute
    {
        protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData)
        {
            var name = LanguagePrimitives.GetEnumerable(inputData)?.Cast<object?>().Select(Text).FirstOrDefault(t => t.StartsWith('-'))?.TrimEnd(':') ?? "";
            return new SettingText(Quotable.IsName(name) ? name : "");
        }

        private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) as string ?? "";
    }
}
