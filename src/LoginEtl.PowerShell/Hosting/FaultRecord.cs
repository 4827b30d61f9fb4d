using System.Management.Automation;
using LoginEtl.Faults;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Core's faults as error records: an id per code path, a category, and what to do.</summary>
internal static class FaultRecord
{
    /// <param name="fault">The fault.</param>
    /// <param name="target">What it is about; must be safe to print.</param>
    public static ErrorRecord Of(LoginEtlException fault, object? target = null) =>
        new(fault, fault.Id, Category(fault.Kind), target is SettingText text ? text.ToString() : target)
        {
            // PowerShell prints the recommended action below the message.
            ErrorDetails = new ErrorDetails(fault.Message) { RecommendedAction = fault.Remedy },
        };

    private static ErrorCategory Category(FaultKind kind) => kind switch
    {
        FaultKind.Configuration => ErrorCategory.InvalidArgument,
        FaultKind.Denied => ErrorCategory.PermissionDenied,
        FaultKind.NotFound => ErrorCategory.ObjectNotFound,
        FaultKind.Unreachable => ErrorCategory.ConnectionError,
        FaultKind.Keys => ErrorCategory.SecurityError,
        _ => ErrorCategory.OperationStopped,
    };
}
