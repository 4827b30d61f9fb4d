using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>
/// ConvertFrom-LoginJson: the decoding of Receive-LoginMessage for text, one JSON body a line, or an array of them.
/// </summary>
[Cmdlet(VerbsData.ConvertFrom, "LoginJson", DefaultParameterSetName = TextSet)]
[OutputType(typeof(LoginMessage), typeof(RejectedLogin))]
public sealed class ConvertFromLoginJsonCmdlet : LoginCmdlet
{
    private const string TextSet = "Text";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private GivenLogins? _given;

    /// <summary>Lines, as from Get-Content, with or without -Raw; or files, as from Get-ChildItem, also by a property LiteralPath or PSPath.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = TextSet)]
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

    /// <summary>Name of the source, part of each line's identity; the file's name when not given.</summary>
    [Parameter]
    [Given<SettingText>]
    [ValidateNotNullOrEmpty]
    public SettingText? SourceId { get; set; }

    /// <summary>
    /// Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string that holds an object, two
    /// layers at most; Auto does, None takes bodies as they are. LOGINETL_ENVELOPE, else Auto, when not given.
    /// </summary>
    [Parameter]
    [Given<Envelope>]
    public Envelope? Envelope { get; set; }

    /// <inheritdoc/>
    protected override string? Takes => GivenLogins.Kind;

    /// <inheritdoc/>
    protected override object? Input => (object?)InputObject ?? (object?)Path ?? LiteralPath;

    /// <inheritdoc/>
    protected override void Begin()
    {
        var text = new LoginText(Guard(() => DecodingParameters.Read(Envelope)));
        _given = new GivenLogins(this, text, SourceId is null ? null : Guard(() => EnvironmentSettings.RequireSource(SourceId.Reveal(), "-SourceId")), Emit);
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

    private void Emit(IncomingLogin login)
    {
        Rejects.Warn(this, login);
        WriteObject(login);
    }
}
