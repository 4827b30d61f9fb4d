using System.Management.Automation;
using LoginEtl.Decoding;
using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.PowerShell.Hosting;

/// <summary>The logins of what a cmdlet was given as text: lines, texts, files and their paths.</summary>
/// <param name="cmdlet">Whose folder paths are of, and who tells of files that cannot be read.</param>
/// <param name="text">Decodes them.</param>
/// <param name="sourceId">Name of the source; null for the file's name.</param>
/// <param name="emit">Takes each.</param>
internal sealed class GivenLogins(LoginCmdlet cmdlet, LoginText text, string? sourceId, Action<IncomingLogin> emit)
{
    /// <summary>What is piped into cmdlets that read them, in words.</summary>
    public const string Kind = "lines of JSON, as Get-Content gives them, or files, as Get-ChildItem does";

    private const string NamelessSource = "pipeline";
    private long _lines;

    /// <summary>Reads lines, or the files that stand for their text.</summary>
    public void Read(RawText[] lines)
    {
        foreach (var line in lines)
        {
            if (line.File() is { } path)
            {
                ReadLiterally([new SettingText(path)]);
                continue;
            }

            _lines++;
            var source = sourceId ?? line.SourceName() ?? NamelessSource;
            Emit(() => text.Read(source, line.LineNumber() ?? _lines, line.Reveal()), source);
        }
    }

    /// <summary>Reads files; wildcards are expanded.</summary>
    public void ReadExpanded(SettingText[] paths) => ReadFiles(paths.SelectMany(path => Resolve(path, p => cmdlet.GetResolvedProviderPathFromPSPath(p, out _))));

    /// <summary>Reads files whose names are taken as they are.</summary>
    public void ReadLiterally(SettingText[] paths) => ReadFiles(paths.SelectMany(path => Resolve(path, p => [cmdlet.GetUnresolvedProviderPathFromPSPath(p)])));

    /// <summary>The end of what came by itself.</summary>
    public void Complete() => Emit(text.Complete, sourceId ?? NamelessSource);

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
            cmdlet.WriteError(FaultRecord.Of(new LoginEtlException(
                ErrorId.FileUnreadable, $"{file} is a folder.", "Give its files, as Get-ChildItem -File does."), file));
            return;
        }

        try
        {
            using var bytes = File.OpenRead(file);
            Emit(() => text.Read(sourceId ?? Path.GetFileName(file), bytes), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            CannotRead(file, e);
        }
    }

    private void CannotRead(string file, Exception cause)
    {
        var path = Quotable.IsPath(file) ? file : Quotable.Hidden;
        cmdlet.WriteError(FaultRecord.Of(
            new LoginEtlException(ErrorId.FileUnreadable, $"The file {path} cannot be read ({cause.GetType().Name}).", "Check its path and its rights."), path));
    }

    private void Emit(Func<IEnumerable<IncomingLogin>> logins, string source)
    {
        try
        {
            foreach (var login in logins())
            {
                emit(login);
            }
        }
        catch (LoginEtlException e) when (e.Error == ErrorId.FileDamaged)
        {
            // Told once for its file; the other files are read.
            cmdlet.WriteError(FaultRecord.Of(e, source));
        }
    }

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
