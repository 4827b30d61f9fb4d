using System.Management.Automation;
using LoginEtl.Contract;
using LoginEtl.Decoding;
using LoginEtl.PowerShell.Hosting;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// Test-LoginJson: what a run would say of each line of JSON or body of a file, by the run's own decoder and rules. Needs no keys;
/// receives and writes nothing.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "LoginJson", DefaultParameterSetName = TextSet)]
[OutputType(typeof(LoginVerdict))]
public sealed class TestLoginJsonCmdlet : ContractCmdlet
{
    private const string TextSet = "Text";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private GivenLogins? _given;

    /// <summary>Lines, as from Get-Content, with or without -Raw; or files, as from Get-ChildItem, also by a property LiteralPath or PSPath.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = TextSet)]
    [RawText(TakesFiles = true)]
    public RawText[]? InputObject { get; set; }

    /// <summary>Files to read directly; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [Given<SettingText[]>]
    [ValidateNotNullOrEmpty]
    public SettingText[]? Path { get; set; }

    /// <summary>Files to read directly; names are taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [Given<SettingText[]>]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public SettingText[]? LiteralPath { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => GivenLogins.Kind;

    /// <inheritdoc/>
    protected override object? Input => (object?)InputObject ?? (object?)Path ?? LiteralPath;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var check = new LoginCheck(Masking(), Rules());
        var text = new LoginText(Guard(() => DecodingParameters.Read(envelope: null)));
        _given = new GivenLogins(this, text, sourceId: null, login => WriteObject(check.Check(login)));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        switch (ParameterSetName)
        {
            case TextSet:
                _given!.Read(InputObject!);
                break;
            case PathSet:
                _given!.ReadExpanded(Path!);
                break;
            default:
                _given!.ReadLiterally(LiteralPath!);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _given!.Complete();
}
