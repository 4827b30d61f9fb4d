using System.Runtime.CompilerServices;

namespace LoginEtl.Faults;

/// <summary>
/// What can end a run or a command, each by the name that errors, receipts and logs carry. docs/errors.md is made of this list.
/// </summary>
/// <param name="Kind">What kind of fault it is, whatever the place.</param>
/// <param name="Name">Stable name, PascalCase: scripts go by it.</param>
public sealed partial record ErrorId(FaultKind Kind, [CallerMemberName] string Name = "")
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
