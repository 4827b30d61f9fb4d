using System.Management.Automation;
using LoginEtl.History;
using LoginEtl.Keysets;
using LoginEtl.PowerShell.Output;
using LoginEtl.Quarantine;
using LoginEtl.Records;
using LoginEtl.Run;
using LoginEtl.Tokens;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>Stands for an object of the pipeline, and holds nothing of it but its kind.</summary>
public sealed class UnfitInput
{
    private static readonly UnfitInput Nothing = new("nothing", null);
    private static readonly UnfitInput Text = new("a text", "ConvertFrom-LoginJson decodes it, and Send-LoginMessage sends it");
    private static readonly UnfitInput File = new("a file", "ConvertFrom-LoginJson reads it");
    private static readonly UnfitInput Login = new("a login that is not protected", "Protect-LoginPii protects it");
    private static readonly UnfitInput Masked = new("a protected login", "Write-LoginRecord writes it");
    private static readonly UnfitInput Entry = new("an entry of the quarantine", "Restore-LoginQuarantine, Remove-LoginQuarantine and Unprotect-LoginPii take it");
    private static readonly UnfitInput Key = new("a key", "Set-LoginPrimaryKey, Enable-LoginKey, Disable-LoginKey and Remove-LoginKey take it");
    private static readonly UnfitInput Run = new("a run", "ConvertTo-LoginReport makes a page of it");
    private static readonly UnfitInput Other = new("another object", null);

    private UnfitInput(string kind, string? takenBy) => (Kind, TakenBy) = (kind, takenBy);

    /// <summary>What it was, in words.</summary>
    internal string Kind { get; }

    /// <summary>Which cmdlets take it; null where none does.</summary>
    internal string? TakenBy { get; }

    internal static UnfitInput Of(object? input) => (input is PSObject wrapped ? wrapped.BaseObject : input) switch
    {
        null => Nothing,
        string => Text,
        FileSystemInfo => File,
        IncomingLogin => Login,
        ProtectedLogin => Masked,
        QuarantineEntry or RecoveredBody => Entry,
        LoginKey => Key,
        Receipt or LoginRun => Run,
        _ => Other,
    };

    /// <inheritdoc/>
    public override string ToString() => Plaintext.Redacted;
}

/// <summary>Takes any object of the pipeline for what it is, and none of what is in it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnfitInputAttribute : TransformationAttribute
{
    /// <inheritdoc/>
    protected override object? Take(EngineIntrinsics engineIntrinsics, object? inputData) => UnfitInput.Of(inputData);
}

/// <summary>Takes what comes by the pipeline, too, whatever it is: what binds nowhere PowerShell would keep in an error's target, bodies too.</summary>
internal sealed class AnyInput : OtherArguments
{
    /// <summary>The object of now.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    [UnfitInput]
    public UnfitInput? UnfitInput { get; set; }

    /// <summary>Whether it was given by its name: then it takes nothing of the pipeline, and PowerShell keeps what binds nowhere.</summary>
    public bool IsNamed { get; private set; }

    /// <inheritdoc/>
    protected override SettingText? Given => base.Given ?? (IsNamed ? new SettingText($"-{nameof(UnfitInput)}") : null);

    /// <summary>Before the first object comes.</summary>
    public void Begin() => IsNamed = UnfitInput is not null;
}
