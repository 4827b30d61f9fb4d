using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.PowerShell.Hosting;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Cmdlets;

/// <summary>ConvertFrom-LoginJson: the decoding of Receive-LoginMessage for text, one JSON body a line.</summary>
/// <example>
/// <code>Get-Content logins.ndjson | ConvertFrom-LoginJson | Protect-LoginPii keys/ | Write-LoginRecord $dsn</code>
/// <para>Loads a file. Loading it again writes nothing: a line's identity is a keyed hash of file name, body and occurrence.</para>
/// </example>
/// <example>
/// <code>ConvertFrom-LoginJson -Path logins-*.ndjson | Where-Object Reason | Group-Object Reason -NoElement</code>
/// <para>Counts by reason what would be rejected.</para>
/// </example>
[Cmdlet(VerbsData.ConvertFrom, "LoginJson", DefaultParameterSetName = TextSet)]
[OutputType(typeof(LoginMessage), typeof(RejectedLogin))]
public sealed class ConvertFromLoginJsonCmdlet : LoginCmdlet
{
    private const string TextSet = "Text";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string NamelessSource = "pipeline";
    private LoginText _text = new();
    private long _lines;

    /// <summary>Lines, as from Get-Content.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = TextSet)]
    [RawText]
    public RawText[]? InputObject { get; set; }

    /// <summary>Files to read directly; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>Files to read directly; names are taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>Name of the source, part of each line's identity; the file's name when not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SourceId { get; set; }

    /// <summary>
    /// Whether a login is taken out of an SNS notification, an EventBridge event or a JSON string that holds an object, two
    /// layers at most; Auto does, None takes bodies as they are. LOGINETL_ENVELOPE, else Auto, when not given.
    /// </summary>
    [Parameter]
    public Envelope? Envelope { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _text = new LoginText(Guard(() => DecodingParameters.Read(Envelope)));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == TextSet)
        {
            foreach (var line in InputObject!)
            {
                _lines++;
                Emit(_text.Decode(SourceId ?? line.SourceName() ?? NamelessSource, line.LineNumber() ?? _lines, line.Reveal()));
            }

            return;
        }

        foreach (var file in ResolvedFiles())
        {
            ReadFile(file);
        }
    }

    private void ReadFile(string file)
    {
        try
        {
            using var bytes = File.OpenRead(file);
            foreach (var login in _text.Read(SourceId ?? System.IO.Path.GetFileName(file), bytes))
            {
                Emit(login);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CannotRead(file, e);
        }
    }

    private void CannotRead(string path, Exception cause) => WriteError(FaultRecord.Of(new LoginEtlException(
        "FileUnreadable", FaultKind.NotFound, $"The file {path} cannot be read ({cause.GetType().Name}).",
        "Check its path and its rights."), path));

    private void Emit(IncomingLogin? login)
    {
        if (login is not null)
        {
            Rejects.Warn(this, login);
            WriteObject(login);
        }
    }

    private IEnumerable<string> ResolvedFiles() => ParameterSetName == PathSet
        ? Path!.SelectMany(Resolve)
        : LiteralPath!.Select(GetUnresolvedProviderPathFromPSPath);

    private IEnumerable<string> Resolve(string path)
    {
        try
        {
            return GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (SessionStateException e)
        {
            CannotRead(path, e);
            return [];
        }
    }
}
