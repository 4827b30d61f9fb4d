using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
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
    private const string Lines = "lines of JSON, as Get-Content gives them, or files, as Get-ChildItem does";
    private const string NamelessSource = "pipeline";
    private LoginText _text = new();
    private string? _source;
    private long _lines;

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
    protected override string? Takes => Lines;

    /// <inheritdoc/>
    protected override object? Input => (object?)InputObject ?? (object?)Path ?? LiteralPath;

    /// <inheritdoc/>
    protected override void Begin()
    {
        _text = new LoginText(Guard(() => DecodingParameters.Read(Envelope)));
        _source = SourceId is null ? null : Guard(() => EnvironmentSettings.RequireSource(SourceId.Reveal(), "-SourceId"));
    }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (ParameterSetName == TextSet)
        {
            foreach (var line in InputObject!)
            {
                if (line.File() is { } path)
                {
                    ReadFiles(Resolve(new SettingText(path), Literally));
                    continue;
                }

                _lines++;
                var source = _source ?? line.SourceName() ?? NamelessSource;
                Emit(() => _text.Read(source, line.LineNumber() ?? _lines, line.Reveal()), source);
            }

            return;
        }

        ReadFiles(ParameterSetName == PathSet
            ? Path!.SelectMany(path => Resolve(path, p => GetResolvedProviderPathFromPSPath(p, out _)))
            : LiteralPath!.SelectMany(path => Resolve(path, Literally)));
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Emit(_text.Complete, _source ?? NamelessSource);

    private void ReadFiles(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            ReadFile(file);
        }
    }

    private void ReadFile(string file)
    {
        if (Directory.Exists(file))
        {
            WriteError(FaultRecord.Of(new LoginEtlException(
                ErrorId.FileUnreadable, $"{file} is a folder.", "Give its files, as Get-ChildItem -File does."), file));
            return;
        }

        try
        {
            using var bytes = File.OpenRead(file);
            Emit(() => _text.Read(_source ?? System.IO.Path.GetFileName(file), bytes), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            CannotRead(file, e);
        }
    }

    private void CannotRead(string file, Exception cause)
    {
        var path = Quotable.IsPath(file) ? file : Quotable.Hidden;
        WriteError(FaultRecord.Of(
            new LoginEtlException(ErrorId.FileUnreadable, $"The file {path} cannot be read ({cause.GetType().Name}).", "Check its path and its rights."), path));
    }

    private void Emit(Func<IEnumerable<IncomingLogin>> logins, string source)
    {
        try
        {
            foreach (var login in logins())
            {
                Rejects.Warn(this, login);
                WriteObject(login);
            }
        }
        catch (LoginEtlException e) when (e.Error == ErrorId.FileDamaged)
        {
            // Told once for its file; the other files are read.
            WriteError(FaultRecord.Of(e, source));
        }
    }

    private IReadOnlyList<string> Literally(string path) => [GetUnresolvedProviderPathFromPSPath(path)];

    private IReadOnlyList<string> Resolve(SettingText path, Func<string, IReadOnlyList<string>> resolve)
    {
        try
        {
            return resolve(path.Reveal());
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            CannotRead(path.Reveal(), e);
            return [];
        }
    }
}
