using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>
/// What no parameter of a cmdlet takes, as a dynamic parameter: where PowerShell would say it and go on, the cmdlet's receipt
/// says it.
/// </summary>
internal sealed class OtherArguments
{
    /// <summary>Kept as a fault, and as nothing else: it may be anything.</summary>
    [Parameter(ValueFromRemainingArguments = true, DontShow = true)]
    [Refused]
    public object? OtherArgument { get; set; }

    /// <summary>Keeps the fault, and drops what was given.</summary>
    [AttributeUsage(AttributeTargets.Property)]
    private sealed class RefusedAttribute : ArgumentTransformationAttribute
    {
        public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
        {
            var name = LanguagePrimitives.GetEnumerable(inputData)?.Cast<object?>().Select(Text).FirstOrDefault(t => t.StartsWith('-')) ?? "";
            var what = Quotable.IsName(name) ? $"has no parameter {name.TrimEnd(':')}" : "takes less than it was given: queue, keyset and database by position, and all else by name";
            return BindingFaults.Keep(new LoginEtlException(ErrorId.ParameterUnknown, $"Invoke-LoginEtl {what}.", "See Get-Help Invoke-LoginEtl."))
                ? null : throw Refusal.Of($"Invoke-LoginEtl {what}.");
        }

        private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) as string ?? "";
    }
}
